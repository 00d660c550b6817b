// How old a row is when a SELECT first shows it, at a steady rate through producer, consumer, catalog and Athena.
import { join } from 'node:path'
import { openAws } from '@ticklake/aws/clients.ts'
import { lakeConfig } from '@ticklake/aws/config.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { type StackEnv, serviceEnv } from '@ticklake/stack/environment.ts'
import { Service } from '@ticklake/testing/service.ts'
import { createTopic } from '@ticklake/testing/topic.ts'
import type { Measurement } from './result.ts'

const PARTITIONS = 3
const FLUSH_AFTER_MS = 1_000
const POLL_EVERY_MS = 100
/** Until the first row is there, and what is measured is not the start. */
const FIRST_ROW_MS = 60_000
const WARM_UP_MS = 3_000
/** At most so many rows stand for those that came between two answers; their times are taken as evenly spread. */
const SAMPLES = 10

/** Figures in ms. The table's partitions are registered by `catalog serve`, as in the demo. */
export async function freshness(
  stack: StackEnv,
  rowsPerSecond: number,
  seconds: number,
  dir: string,
  signal: AbortSignal,
): Promise<Measurement> {
  const name = `fresh-${rowsPerSecond}`
  const env = serviceEnv(stack, {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    LAKE_PREFIX: name,
    LAKE_DATABASE: name,
    KAFKA_TOPIC: name,
    PRODUCER_RATE: String(rowsPerSecond),
    PRODUCER_HEALTH_PORT: '0',
    CONSUMER_FLUSH_AFTER_MS: String(FLUSH_AFTER_MS),
    CONSUMER_HEALTH_PORT: '0',
    CATALOG_HEALTH_PORT: '0',
    CATALOG_PAGE_PORT: '0',
  })
  await createTopic(env, PARTITIONS)
  const services: Service[] = []
  const start = (...command: string[]) => {
    services.push(
      new Service(command, { env, logFile: join(dir, `${name}-${command[0]!.split('/')[0]}.log`) }),
    )
    return services.at(-1)!
  }
  try {
    await start('catalog/main.ts', 'declare').ended()
    start('consumer/main.ts', 'run')
    start('catalog/main.ts', 'serve')
    start('producer/main.ts', 'run')
    const agesMs = await ages(env, seconds * 1000, signal)
    const figures = { 'p50 ms': quantile(agesMs, 0.5), 'p99 ms': quantile(agesMs, 0.99) }
    const isVoid = agesMs.length === 0
    return {
      ...{ group: 'freshness', contender: `${rowsPerSecond} rows/s`, round: 1, figures },
      ...(isVoid && { void: 'no row was seen' }),
    }
  } finally {
    await Promise.all(services.reverse().map((service) => service.stop()))
  }
}

async function ages(env: Record<string, string>, forMs: number, signal: AbortSignal): Promise<number[]> {
  const lake = lakeConfig(env)
  using aws = openAws(lake)
  const sql = `SELECT count(*), to_unixtime(max(kafka_timestamp)) * 1000 FROM "${lake.database}"."${lake.table}"`
  const newest = async () => {
    const [row] = await aws.athena.rows(sql)
    return { rows: Number(row?.[0] ?? 0), timestampMs: Number(row?.[1] ?? 0) }
  }
  const givesUp = performance.now() + FIRST_ROW_MS
  let seen = { rows: 0, timestampMs: 0 }
  while (seen.rows === 0 && performance.now() < givesUp) {
    await sleep(POLL_EVERY_MS, signal)
    signal.throwIfAborted()
    seen = await newest()
  }
  if (seen.rows === 0) return []
  const found: number[] = []
  const begun = performance.now()
  while (performance.now() - begun < WARM_UP_MS + forMs) {
    await sleep(POLL_EVERY_MS, signal)
    signal.throwIfAborted()
    const last = await newest()
    const nowMs = Date.now()
    const samples = Math.min(SAMPLES, last.rows - seen.rows)
    if (performance.now() - begun > WARM_UP_MS) {
      const sinceSeenMs = last.timestampMs - seen.timestampMs
      for (let i = 1; i <= samples; i++) found.push(nowMs - (seen.timestampMs + (sinceSeenMs * i) / samples))
    }
    seen = last
  }
  return found
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
