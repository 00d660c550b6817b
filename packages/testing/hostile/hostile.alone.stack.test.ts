// No request delays the requests of others: ten thousand hostile requests, and probes on a second connection meanwhile.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { availableParallelism, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Inside } from './inside.ts'
import type { Late, ProbeResult } from './probe.ts'
import { type HostileRequest, hostileRequest, knownRequests } from './requests.ts'

const requests = Number(process.env.HOSTILE_REQUESTS ?? 10_000)
const seed = Number(process.env.HOSTILE_SEED ?? 11)
const atOnce = 4
/** How many are generated at a time; all of them would fill the memory. */
const batchSize = 500
const latestMs = 250
const mostGrowthBytes = 64 * 1024 * 1024
/** A client that sends half a request and then waits gets no answer within this time, and closes the connection. */
const patienceMs = 150
const answerWithinMs = 15_000
/** Counts as a 5xx: the server did not answer. */
const noAnswer = 599

interface StartMessage {
  readonly url: string
  readonly livez: string
}

interface Server extends StartMessage {
  readonly child: ChildProcess
  readonly stderr: () => string
}

async function start(module: string, env: Record<string, string> = {}): Promise<Server> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), [], {
    execArgv: ['--expose-gc', '--import', new URL('./inside.ts', import.meta.url).href],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr!.on('data', (data) => {
    stderr += data
  })
  const [answer] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${module} ended: ${stderr}`))),
  ])) as [StartMessage]
  return { child, ...answer, stderr: () => stderr }
}

async function inside({ child }: Server, word: 'begin' | 'end'): Promise<Inside> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(20_000) })
  child.send(word)
  return (await answer)[0] as Inside
}

/** Sends the bytes on their own connection. Out: the status; 0 if the server only closed it, or kept it waiting. */
function statusOf({ bytes, isWhole }: HostileRequest, url: string): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let head = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    const limit = isWhole ? answerWithinMs : patienceMs
    const timer = setTimeout(() => {
      socket.destroy()
      resolve(isWhole ? noAnswer : 0)
    }, limit)
    const end = (status: number) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(status)
    }
    socket.on('data', (data) => {
      head += data.toString('latin1', 0, 40)
      const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]
      if (status && status !== '100') end(Number(status))
    })
    socket.on('error', () => end(0)).on('close', () => end(0))
  })
}

test(`${requests} hostile requests: none is answered 5xx, none holds up another connection for ${latestMs} ms, memory stays`, async () => {
  const aws = await start('./server.ts')
  const page = await start('../../../catalog/dashboard/server/hostile-dashboard.ts', {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
  })
  const idle = await start('./idle.ts')
  const urls = { 'local-aws': aws.url, page: page.url }
  const probed = [aws.livez, page.livez, idle.url]
  const refused: string[] = []
  const slow: { about: string; ms: number }[] = []
  let warm = { aws: await inside(aws, 'begin'), page: await inside(page, 'begin') }
  const probe = new Worker(new URL('./probe.ts', import.meta.url), { workerData: { urls: probed } })
  try {
    for (let sent = 0; sent < requests; sent += batchSize) {
      const numRuns = Math.min(batchSize, requests - sent)
      const drawn = fc.sample(hostileRequest, { seed: seed + sent, numRuns })
      const batch = sent === 0 ? [...knownRequests(), ...drawn] : drawn
      let next = 0
      const send = async () => {
        while (next < batch.length) {
          const request = batch[next++]!
          const from = performance.now()
          const status = await statusOf(request, urls[request.server])
          slow.push({ about: request.about, ms: performance.now() - from })
          if (status >= 500)
            refused.push(`${status} ${request.about} ${request.bytes.toString('latin1', 0, 2_000)}`)
        }
      }
      await Promise.all(Array.from({ length: atOnce }, send))
      if (sent === 0) warm = { aws: await inside(aws, 'end'), page: await inside(page, 'end') }
    }
    const ended = once(probe, 'message', { signal: AbortSignal.timeout(30_000) })
    probe.postMessage('end')
    const [{ late, answers }] = (await ended) as [ProbeResult]
    const held = { aws: await inside(aws, 'end'), page: await inside(page, 'end') }
    if (process.env.HOSTILE_REPORT) {
      slow.sort((a, b) => b.ms - a.ms)
      console.log(JSON.stringify({ late, answers, warm, held, slow: slow.slice(0, 30) }, null, 1))
    }
    expect(refused.slice(0, 5)).toEqual([])
    expect(aws.stderr() + page.stderr()).toBe('')
    expect(held.aws.longestTaskMs).toBeLessThan(latestMs)
    expect(held.page.longestTaskMs).toBeLessThan(latestMs)
    // If a server that does nothing is late as well, the machine is too busy.
    const isMachines = ({ at, ms }: Late) =>
      late.some(
        (other) => other.url === idle.url && other.at < at + ms + 1_000 && at < other.at + other.ms + 1_000,
      )
    const tooLate = late.filter((one) => one.url !== idle.url && one.ms > latestMs && !isMachines(one))
    // On an overloaded machine only CPU time (longestTaskMs) means anything.
    if (loadavg()[0]! <= 4 * availableParallelism()) expect(tooLate).toEqual([])
    expect(late.filter(({ ms }) => ms === Number.POSITIVE_INFINITY)).toEqual([])
    expect(answers).toBeGreaterThan(100)
    expect(held.aws.heapBytes - warm.aws.heapBytes).toBeLessThan(mostGrowthBytes)
    expect(held.page.heapBytes - warm.page.heapBytes).toBeLessThan(mostGrowthBytes)
  } finally {
    for (const { child } of [page, aws, idle]) if (child.connected) child.disconnect()
    await probe.terminate()
  }
}, 600_000)
