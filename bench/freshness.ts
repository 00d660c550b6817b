// How old a row is when a SELECT first shows it, at a steady rate through producer, consumer, catalog and Athena.
import { openAws } from '@ticklake/aws/clients.ts'
import { lakeConfig } from '@ticklake/aws/config.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { StackEnv } from '@ticklake/stack/environment.ts'
import type { Measurement } from './result.ts'
import { startStream } from './stream.ts'

const PARTITIONS = 3
const FLUSH_AFTER_MS = 1_000
const POLL_EVERY_MS = 100
/** How long to wait for the first visible row, and how much longer, so that the start is not measured. */
const FIRST_ROW_MS = 60_000
const WARM_UP_MS = 3_000
/** At most this many rows of a partition represent those that came between two answers. */
const SAMPLES = 10

/** Figures in ms. The table's partitions are registered by `catalog serve`, as in the demo. */
export async function freshness(
  stack: StackEnv,
  rowsPerSecond: number,
  seconds: number,
  dir: string,
  signal: AbortSignal,
): Promise<Measurement> {
  await using stream = await startStream(stack, {
    name: `fresh-${rowsPerSecond}`,
    partitions: PARTITIONS,
    settings: { PRODUCER_RATE: String(rowsPerSecond), CONSUMER_FLUSH_AFTER_MS: String(FLUSH_AFTER_MS) },
    dir,
  })
  const { agesMs, selectsMs } = await observe(stream.env, seconds * 1000, signal)
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

/** The ages of a partition's rows that came since the previous answer, assumed to be evenly spread over that time. */
function agesOf(last: Newest, before: Newest | undefined, nowMs: number): number[] {
  const samples = Math.min(SAMPLES, last.rows - (before?.rows ?? 0))
  const sinceMs = last.timestampMs - (before?.timestampMs ?? last.timestampMs)
  return Array.from({ length: samples }, (_, i) => nowMs - last.timestampMs + (sinceMs * i) / samples)
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
