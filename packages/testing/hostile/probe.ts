// Asks servers every 20 ms whether they are alive, from its own thread, so that it measures the servers and not itself.
import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

/** An answer that came late, or never (then `ms` is Infinity). */
export interface Late {
  readonly url: string
  readonly at: number
  readonly ms: number
  /** What came instead of an answer. */
  readonly fault?: string
}

export interface ProbeResult {
  readonly late: readonly Late[]
  readonly answers: number
}

const everyMs = 20
/** An answer that takes longer than this is reported; the test decides what is too late. */
const reportedMs = 50

const { urls } = workerData as { urls: string[] }
const late: Late[] = []
let answers = 0
let open = 0

function ask(url: string, agent: Agent): void {
  const at = performance.now()
  const done = (fault?: string) => {
    open--
    answers++
    const ms = performance.now() - at
    if (fault !== undefined) late.push({ url, at, ms: Number.POSITIVE_INFINITY, fault })
    else if (ms > reportedMs) late.push({ url, at, ms })
  }
  open++
  request(url, { agent }, (response) => {
    const { statusCode } = response
    response.resume().on('end', () => done(statusCode === 200 ? undefined : `status ${statusCode}`))
  })
    .on('error', ({ message }) => done(message))
    .end()
}

const asked = urls.map((url) => ({ url, agent: new Agent({ keepAlive: true }) }))
const timer = setInterval(() => {
  for (const { url, agent } of asked) ask(url, agent)
}, everyMs)
parentPort!.on('message', async () => {
  clearInterval(timer)
  while (open > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  const result: ProbeResult = { late, answers }
  parentPort!.postMessage(result)
  for (const { agent } of asked) agent.destroy()
  parentPort!.close()
})
