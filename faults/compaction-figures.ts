#!/usr/bin/env node
// `node faults/compaction-figures.ts`: how long a count takes over the objects that two hours of `make demo` leave,
// without compaction and with it. The figures of docs/compaction.md.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adoptStack, serviceEnv } from '@ticklake/stack/environment.ts'
import { startStack } from '@ticklake/stack/stack.ts'
import { Athena } from './athena.ts'
import { readTails } from './lake-reader.ts'
import { Service } from './service.ts'
import { createTopic, type Produced, produce, ticks } from './topic.ts'

/** What `make demo` does by default: stack/demo/config.ts and stack/demo/services.ts. */
const PARTITIONS = 2
const ROWS_PER_SECOND = 200
const FLUSH_SECONDS = 2
const ROWS_PER_OBJECT = (ROWS_PER_SECOND * FLUSH_SECONDS) / PARTITIONS

/**
 * Two hours, cut by the clock as is worst for the reader: the hour before the last ended 69 minutes ago, so it alone
 * is compacted; the last one ended 9 minutes ago, and its margin of 10 is not over.
 */
const MINUTES = { first: 51, second: 60, third: 9 }
const COUNTS = 5
const HOUR_MS = 3_600_000

const dir = mkdtempSync(join(tmpdir(), 'ticklake-figures-'))
const stack = await startStack({ dir, ports: 'free', bucket: 'ticklake-figures' })
try {
  adoptStack(stack.env)
  await measure({
    ...serviceEnv(stack.env, { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }),
    LAKE_PREFIX: 'figures',
    LAKE_DATASET: 'ticks',
    LAKE_DATABASE: 'figures',
    KAFKA_TOPIC: 'figures',
    CONSUMER_HEALTH_PORT: '0',
    CONSUMER_FLUSH_ROWS: String(ROWS_PER_OBJECT),
    CONSUMER_FLUSH_AFTER_MS: '60000',
    CATALOG_HOURS_AHEAD: '1',
    CATALOG_COMPACT_DELETE_AFTER_MS: '0',
  })
} finally {
  await stack.stop()
  rmSync(dir, { recursive: true, force: true })
}

async function measure(env: Record<string, string>): Promise<void> {
  // Hours of yesterday stand for the last two: compaction leaves those alone that have just ended.
  const firstMs = Math.floor(Date.now() / HOUR_MS - 24) * HOUR_MS
  await createTopic(env, PARTITIONS, { 'message.timestamp.type': 'CreateTime' })
  let rows = 0
  for (const [hour, minutes] of Object.values(MINUTES).entries()) {
    rows += await produce(env, rowsOf(minutes * 60, firstMs + hour * HOUR_MS))
  }
  const consumer = new Service(['consumer/main.ts', 'run'], { env })
  // Rows of the present, so that the chains are past all of it.
  await landed(env, rows)
  await produce(env, ticks(PARTITIONS * ROWS_PER_OBJECT, PARTITIONS))
  rows += PARTITIONS * ROWS_PER_OBJECT
  await landed(env, rows)
  await consumer.stop()
  await catalog(env, 'declare')
  const objects = rows / ROWS_PER_OBJECT
  process.stdout.write(`${rows} rows in ${objects} objects of two hours of make demo\n`)
  await report(env, 'without compaction')
  await catalog(env, 'compact', '--hour', flagOf(firstMs))
  await report(env, 'after two hours, the last 69 minutes not compacted yet')
  await catalog(env, 'compact')
  await report(env, 'both hours compacted')
}

function* rowsOf(seconds: number, fromMs: number): Generator<Produced> {
  let i = 0
  for (const tick of ticks(seconds * ROWS_PER_SECOND, PARTITIONS))
    yield { ...tick, timestampMs: fromMs + Math.floor((1_000 * i++) / ROWS_PER_SECOND) }
}

async function landed(env: Record<string, string>, rows: number): Promise<void> {
  for (let reached = 0; reached < rows; ) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    reached = (await readTails(env)).reduce((sum, { E }) => sum + E, 0)
  }
}

async function catalog(env: Record<string, string>, ...args: string[]): Promise<void> {
  const service = new Service(['catalog/main.ts', ...args], { env })
  if ((await service.ended()) !== 0) throw new Error(service.stderr)
}

/** The median of some counts: the first one finds nothing in any cache. */
async function report(env: Record<string, string>, when: string): Promise<void> {
  using athena = new Athena(env)
  const table = `"${env.LAKE_DATABASE}"."${env.LAKE_DATASET}"`
  const [[objects] = []] = await athena.rows(`SELECT count(DISTINCT "$path") FROM ${table}`)
  const seconds: number[] = []
  for (let i = 0; i < COUNTS; i++) {
    const begun = performance.now()
    await athena.rows(`SELECT count(*) FROM ${table}`)
    seconds.push((performance.now() - begun) / 1000)
  }
  seconds.sort((a, b) => a - b)
  const text = [seconds[COUNTS >> 1]!, seconds.at(-1)!].map((value) => value.toFixed(1))
  process.stdout.write(`${when}: ${objects} objects, a count takes ${text[0]} s (the slowest ${text[1]} s)\n`)
}

function flagOf(hourMs: number): string {
  return new Date(hourMs).toISOString().slice(0, 13)
}
