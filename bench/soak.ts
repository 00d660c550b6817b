#!/usr/bin/env node
// `make soak`: a steady rate through every service for an hour, a line a minute, then the audit.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, sleep } from '@ticklake/runtime/process.ts'
import { failUsage, refuseEmptyFlags } from '@ticklake/runtime/usage.ts'
import type { StackEnv } from '@ticklake/stack/environment.ts'
import { startStack } from '@ticklake/stack/stack.ts'
import { lastLines } from '@ticklake/testing/service.ts'
import { recordsOf } from '@ticklake/testing/topic.ts'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { committedOffsets } from './committed-offsets.ts'
import { MemoryOverTime } from './memory-over-time.ts'
import { startStream } from './stream.ts'

const NAME = 'soak'
const PARTITIONS = 6
const MINUTE_MS = 60_000
const POLL_EVERY_MS = 100
/** Kafka keeps this much of a partition, so that an hour does not fill the disk; the consumer may be minutes behind. */
const RETAINED = { 'retention.bytes': String(2 ** 29), 'segment.bytes': String(2 ** 26) }

/** The share of the rate that must be reached: the last rows still wait for their acknowledgement. */
const KEPT = 0.98

const args = hideBin(process.argv)

await runCommand(async (signal) => {
  const { minutes, rate } = await yargs(args)
    .scriptName('soak')
    // `failUsage` recognizes yargs' messages in English only.
    .locale('en')
    .usage(
      '$0 [--minutes N] [--rate N]\n\nSends rows at a steady rate through a stack of its own, and prints a line a minute: rows, and the memory of each service. Then it audits.',
    )
    .option('minutes', { type: 'number', default: 60, describe: 'how long' })
    .option('rate', { type: 'number', default: 50_000, describe: 'rows a second' })
    .check((flags) => {
      for (const name of ['minutes', 'rate'] as const) {
        if (!(Number.isInteger(flags[name]) && flags[name] > 0)) {
          throw new Error(`--${name} is a whole number above 0`)
        }
      }
      return refuseEmptyFlags(args)
    })
    .strict()
    .fail(failUsage('soak', args, 'bench/soak.ts'))
    .version(false)
    .parseAsync()
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-soak-'))
  try {
    await using stack = await startStack({ dir, ports: 'free', bucket: NAME, signal })
    if (!(await soak(stack.env, minutes, rate, dir, signal))) process.exitCode = 1
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

/** @returns whether the rate was sustained to the end, and every row has landed exactly once */
async function soak(
  stack: StackEnv,
  minutes: number,
  rate: number,
  dir: string,
  signal: AbortSignal,
): Promise<boolean> {
  await using stream = await startStream(stack, {
    name: NAME,
    partitions: PARTITIONS,
    topicConfig: RETAINED,
    settings: { PRODUCER_RATE: String(rate), PRODUCER_ROWS: String(rate * 60 * minutes) },
    dir,
  })
  const { producer, ...others } = stream.services
  await using offsets = await committedOffsets({ env: stack, topic: NAME }, NAME, PARTITIONS)
  const memory = new MemoryOverTime()
  // The time before the first row is not counted: services are starting.
  while (!producer.hasEnded && (await recordsOf(stream.env, NAME, PARTITIONS)) === 0) {
    await sleep(POLL_EVERY_MS, signal)
    signal.throwIfAborted()
  }
  const begun = Date.now()
  const ended = producer.ended()
  for (let minute = 1; !producer.hasEnded; minute++) {
    await Promise.race([sleep(begun + minute * MINUTE_MS - Date.now(), signal), ended])
    signal.throwIfAborted()
    for (const [name, service] of Object.entries(others)) {
      if (!service.hasEnded) continue
      throw new Error(`the ${name} ended after ${minute} min:\n    ${lastLines(service.stderr)}`)
    }
    const sent = await recordsOf(stream.env, NAME, PARTITIONS)
    const landed = await offsets.sum()
    const text = Object.entries(memory.sample(stream.services)).map(
      ([name, mib]) => `${name} ${Math.round(mib)}`,
    )
    say(`${minute} min: sent ${count(sent)}, landed ${count(landed)}; MiB: ${text.join(', ')}`)
  }
  const seconds = (Date.now() - begun) / 1000
  if ((await ended) !== 0) throw new Error(`the producer failed:\n    ${lastLines(producer.stderr)}`)
  const audit = stream.start('catalog', 'audit', '--wait', '600')
  const status = await audit.ended()
  const sums = audit.stdout.split('\n').find((line) => line.startsWith('audit: '))
  say(sums ?? `audit failed:\n    ${lastLines(audit.stderr)}`)
  for (const line of memory.summary()) say(line)
  const reached = (rate * 60 * minutes) / seconds
  say(`soak: minutes ${minutes}, rows/s ${Math.round(reached)} of ${rate}`)
  return status === 0 && reached > rate * KEPT
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function count(rows: number): string {
  return rows.toLocaleString('en')
}
