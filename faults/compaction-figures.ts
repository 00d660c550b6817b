#!/usr/bin/env node
// `node faults/compaction-figures.ts`: how long a count takes over the objects of two hours of `make demo`, without and
// with compaction. The figures of docs/compaction.md.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adoptStack, serviceEnv } from '@ticklake/stack/environment.ts'
import { startStack } from '@ticklake/stack/stack.ts'
import { readTails } from '@ticklake/testing/lake-reader.ts'
import { Service } from '@ticklake/testing/service.ts'
import { createTopic, type Produced, produce, ticks } from '@ticklake/testing/topic.ts'
import { openAthena } from './athena.ts'

/** The defaults of `make demo`: stack/demo/config.ts and stack/demo/services.ts. */
const PARTITIONS = 2
const ROWS_PER_SECOND = 200
/** Flushes of a partition: so many until the consumer has slowed down, then this many a minute. See its flush-pace.ts. */
const SLOWING = { minutes: 10, flushes: 158 }
const STEADY_FLUSHES_A_MINUTE = 6

/**
 * Two hours in the worst case for the reader: the last but one ended 69 minutes ago, and only it is compacted; the last
 * one ended 9 minutes ago, within its margin of 10.
 */
const MINUTES = { first: 51, second: 60, third: 9 }
const COUNTS = 5
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

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
    CONSUMER_FLUSH_AFTER_MS: '60000',
    CATALOG_HOURS_AHEAD: '1',
    CATALOG_COMPACT_DELETE_AFTER_MS: '0',
  })
} finally {
  await stack.stop()
  rmSync(dir, { recursive: true, force: true })
}

async function measure(env: Record<string, string>): Promise<void> {
  // Hours of yesterday stand for the last two: compaction does not touch hours that have just ended.
  const firstMs = Math.floor(Date.now() / HOUR_MS - 24) * HOUR_MS
  await createTopic(env, PARTITIONS, { 'message.timestamp.type': 'CreateTime' })
  const rowsAMinute = (60 * ROWS_PER_SECOND) / PARTITIONS
  const steady = rowsAMinute / STEADY_FLUSHES_A_MINUTE
  const slowing = Math.round((SLOWING.minutes * rowsAMinute) / SLOWING.flushes)
  const slowed = firstMs + SLOWING.minutes * MINUTE_MS
  let rows = await land(env, 0, rowsOf(SLOWING.minutes, firstMs), slowing)
  rows = await land(env, rows, rowsOf(MINUTES.first - SLOWING.minutes, slowed), steady)
  rows = await land(env, rows, rowsOf(MINUTES.second, firstMs + HOUR_MS), steady)
  rows = await land(env, rows, rowsOf(MINUTES.third, firstMs + 2 * HOUR_MS), steady)
  // Current rows, so that the chains have passed all older hours.
  rows = await land(env, rows, ticks(PARTITIONS * steady, PARTITIONS), steady)
  await catalog(env, 'declare')
  process.stdout.write(`${rows} rows of two hours of make demo\n`)
  await report(env, 'without compaction')
  await catalog(env, 'compact', '--hour', flagOf(firstMs))
  await report(env, 'after two hours, the last 69 minutes not compacted yet')
  await catalog(env, 'compact')
  await report(env, 'both hours compacted')
}

function* rowsOf(minutes: number, fromMs: number): Generator<Produced> {
  let i = 0
  for (const tick of ticks(minutes * 60 * ROWS_PER_SECOND, PARTITIONS))
    yield { ...tick, timestampMs: fromMs + Math.floor((1_000 * i++) / ROWS_PER_SECOND) }
}

/** Sends the rows and lands them in objects of this size. @returns how many have landed, including `before` */
async function land(
  env: Record<string, string>,
  before: number,
  rows: Iterable<Produced>,
  rowsOfObject: number,
): Promise<number> {
  const all = before + (await produce(env, rows))
  const consumer = new Service(['consumer/main.ts', 'run'], {
    env: { ...env, CONSUMER_FLUSH_ROWS: String(rowsOfObject) },
  })
  for (let reached = 0; reached < all; ) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    reached = (await readTails(env)).reduce((sum, { E }) => sum + E, 0)
  }
  await consumer.stop()
  return all
}

async function catalog(env: Record<string, string>, ...args: string[]): Promise<void> {
  const service = new Service(['catalog/main.ts', ...args], { env })
  if ((await service.ended()) !== 0) throw new Error(service.stderr)
}

/** The median of several counts: the first one finds empty caches. */
async function report(env: Record<string, string>, when: string): Promise<void> {
  using athena = openAthena(env)
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
