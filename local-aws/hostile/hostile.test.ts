// Nothing that a client sends holds up what others ask: ten thousand hostile requests, and a second connection meanwhile.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ProbeResult } from './probe.ts'
import { type HostileRequest, hostileRequest } from './requests.ts'

const requests = Number(process.env.HOSTILE_REQUESTS ?? 10_000)
const seed = Number(process.env.HOSTILE_SEED ?? 11)
const atOnce = 4
const latestMs = 250
const mostGrowthBytes = 64 * 1024 * 1024
/** Whoever sends half a request hears nothing before this, and goes. */
const patienceMs = 150
const answerWithinMs = 15_000
/** Among the statuses: one that is told with the 5xx. */
const noAnswer = 599

interface Told {
  readonly url: string
  readonly livez: string
}

async function start(
  module: string,
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess } & Told> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), [], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...env },
  })
  const [told] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${module} ended`))),
  ])) as [Told]
  return { child, ...told }
}

async function heldBy(child: ChildProcess): Promise<{ heapBytes: number; errors: string[] }> {
  child.send('heap')
  const [held] = await once(child, 'message')
  return held as { heapBytes: number; errors: string[] }
}

/** Sends the bytes on a connection of their own. Out: the status; 0 when the server only hung up, or had to wait. */
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
  const page = await start('../../catalog/page/hostile-page.ts', {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
  })
  const idle = await start('./idle.ts')
  const urls = { 'local-aws': aws.url, page: page.url }
  const probed = [aws.livez, page.livez, idle.url]
  const all = fc.sample(hostileRequest, { seed, numRuns: Math.min(requests, 500) })
  const probe = new Worker(new URL('./probe.ts', import.meta.url), { workerData: { urls: probed } })
  const refused: string[] = []
  const slow: { about: string; from: number; to: number }[] = []
  try {
    const warm = { aws: 0, page: 0 }
    for (let sent = 0; sent < requests; ) {
      const batch =
        sent === 0
          ? all
          : fc.sample(hostileRequest, { seed: seed + sent, numRuns: Math.min(500, requests - sent) })
      let next = 0
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          while (next < batch.length) {
            const request = batch[next++]!
            const from = performance.now()
            const status = await statusOf(request, urls[request.server])
            const to = performance.now()
            if (to - from > 100 && request.isWhole) slow.push({ about: request.about, from, to })
            if (status >= 500)
              refused.push(`${status} ${request.about} ${request.bytes.toString('latin1', 0, 2_000)}`)
          }
        }),
      )
      sent += batch.length
      if (sent === batch.length) {
        warm.aws = (await heldBy(aws.child)).heapBytes
        warm.page = (await heldBy(page.child)).heapBytes
      }
    }
    probe.postMessage('end')
    const [{ late, answers }] = (await once(probe, 'message')) as [ProbeResult]
    const held = { aws: await heldBy(aws.child), page: await heldBy(page.child) }
    const errors = [...held.aws.errors, ...held.page.errors]
    if (process.env.HOSTILE_REPORT) {
      console.log(
        JSON.stringify(
          {
            late,
            answers,
            warm,
            held,
            slow: slow.sort((a, b) => b.to - b.from - a.to + a.from).slice(0, 30),
          },
          null,
          1,
        ),
      )
    }
    expect(refused.slice(0, 5)).toEqual([])
    expect(errors.slice(0, 5)).toEqual([])
    // While a server that does nothing is late as well, it is the machine that has no time.
    const machineIsBusy = (at: number, ms: number) =>
      late.some(
        ({ url, at: idleAt, ms: idleMs }) => url === idle.url && idleAt < at + ms && at < idleAt + idleMs,
      )
    expect(
      late.filter(({ url, at, ms }) => url !== idle.url && ms > latestMs && !machineIsBusy(at, ms)),
    ).toEqual([])
    expect(answers).toBeGreaterThan(100)
    expect(held.aws.heapBytes - warm.aws).toBeLessThan(mostGrowthBytes)
    expect(held.page.heapBytes - warm.page).toBeLessThan(mostGrowthBytes)
  } finally {
    for (const { child } of [page, aws, idle]) child.disconnect()
    await probe.terminate()
  }
}, 600_000)
