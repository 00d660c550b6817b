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
/** At most so many rows of a partition stand for those that came between two answers. */
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
    const { agesMs, selectsMs } = await observe(env, seconds * 1000, signal)
    const figures = {
      'p50 ms': quantile(agesMs, 0.5),
      'p99 ms': quantile(agesMs, 0.99),
      'SELECT p50 ms': quantile(selectsMs, 0.5),
    }
    const isVoid = agesMs.length === 0
    return {
      ...{ group: 'freshness', contender: `${rowsPerSecond} rows/s`, round: 1, figures },
      ...(isVoid && { void: 'no row was seen' }),
    }
  } finally {
    await Promise.all(services.reverse().map((service) => service.stop()))
  }
}

interface Observed {
  readonly agesMs: readonly number[]
  /** How long each SELECT took, which is a part of the ages: a row waits for the one that just missed it, too. */
  readonly selectsMs: readonly number[]
}

async function observe(env: Record<string, string>, forMs: number, signal: AbortSignal): Promise<Observed> {
  const lake = lakeConfig(env)
  using aws = openAws(lake)
  // By partition, because each is flushed at its own time: within one, rows are seen in their order.
  const sql = `SELECT kafka_partition, count(*), to_unixtime(max(kafka_timestamp)) * 1000 FROM "${lake.database}"."${lake.table}" GROUP BY 1`
  const newest = async () =>
    new Map(
      (await aws.athena.rows(sql)).map((row) => {
        const [partition, rows, timestampMs] = row.map(Number)
        return [partition!, { rows: rows!, timestampMs: timestampMs! }]
      }),
    )
  const givesUp = performance.now() + FIRST_ROW_MS
  let seen = await newest()
  while (seen.size === 0 && performance.now() < givesUp) {
    await sleep(POLL_EVERY_MS, signal)
    signal.throwIfAborted()
    seen = await newest()
  }
  const agesMs: number[] = []
  const selectsMs: number[] = []
  if (seen.size === 0) return { agesMs, selectsMs }
  const begun = performance.now()
  while (performance.now() - begun < WARM_UP_MS + forMs) {
    await sleep(POLL_EVERY_MS, signal)
    signal.throwIfAborted()
    const askedAt = performance.now()
    const found = await newest()
    const nowMs = Date.now()
    if (performance.now() - begun > WARM_UP_MS) {
      selectsMs.push(performance.now() - askedAt)
      for (const [partition, last] of found) agesMs.push(...agesOf(last, seen.get(partition), nowMs))
    }
    seen = found
  }
  return { agesMs, selectsMs }
}

interface Newest {
  readonly rows: number
  readonly timestampMs: number
}

/** The ages of a partition's rows that came since the answer before, taken as evenly spread over that time. */
function agesOf(last: Newest, before: Newest | undefined, nowMs: number): number[] {
  const samples = Math.min(SAMPLES, last.rows - (before?.rows ?? 0))
  const sinceMs = last.timestampMs - (before?.timestampMs ?? last.timestampMs)
  return Array.from({ length: samples }, (_, i) => nowMs - last.timestampMs + (sinceMs * i) / samples)
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
