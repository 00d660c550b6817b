// Asks servers each 20 ms whether they live, from a thread of its own: what it measures is the servers, not the one who asks.
import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

/** An answer that came late, or was none (`ms` is Infinity then). */
export interface Late {
  readonly url: string
  readonly at: number
  readonly ms: number
}

export interface ProbeResult {
  readonly late: readonly Late[]
  readonly answers: number
}

const everyMs = 20
/** An answer after this is reported; the test says what is too late. */
const reportedMs = 50

const { urls } = workerData as { urls: string[] }
const late: Late[] = []
let answers = 0
let open = 0

function ask(url: string, agent: Agent): void {
  const at = performance.now()
  const done = (status: number) => {
    open--
    answers++
    const ms = status === 200 ? performance.now() - at : Number.POSITIVE_INFINITY
    if (ms > reportedMs) late.push({ url, at, ms })
  }
  open++
  request(url, { agent }, (response) => {
    response.resume().on('end', () => done(response.statusCode!))
  })
    .on('error', () => done(0))
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
