// Reads a service's /metrics and sums up the few numbers that the dashboard shows.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

export type Metrics = ReadonlyMap<string, number>

/** Each metric's value, summed over its labels. */
export function parseMetrics(text: string): Map<string, number> {
  const sums = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)(?: \d+)?$/.exec(line)
    const value = Number(match?.[2])
    if (match && Number.isFinite(value)) sums.set(match[1]!, (sums.get(match[1]!) ?? 0) + value)
  }
  return sums
}

/** The sums over all these addresses. @throws Failure METRICS_UNREACHABLE, naming the address that did not answer */
export async function readMetrics(
  service: string,
  urls: readonly string[],
  signal: AbortSignal,
): Promise<Metrics> {
  const sums = new Map<string, number>()
  for (const url of urls) {
    for (const [name, value] of await readOne(service, url, signal)) {
      sums.set(name, (sums.get(name) ?? 0) + value)
    }
  }
  return sums
}

async function readOne(service: string, url: string, signal: AbortSignal): Promise<Metrics> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    return parseMetrics(await answer.text())
  } catch (error) {
    const cause = error instanceof Error && error.cause ? `: ${reasonOf(error.cause)}` : ''
    throw new Failure({
      code: 'METRICS_UNREACHABLE',
      what: `the ${service} does not answer; what it has written is unchanged`,
      why: `${url}: ${reasonOf(error)}${cause}`,
      remedy: `check whether the ${service} runs, read in its log why it ended, then start it again`,
      retryable: true,
      cause: error,
    })
  }
}
