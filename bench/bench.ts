// A whole run: its own stack, a topic of ticks, and every contender and measurement in turn.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openAws } from '@ticklake/aws/clients.ts'
import { lakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { canonicalBytes } from '@ticklake/contract/validation.ts'
import { adoptStack, type StackEnv, serviceEnv } from '@ticklake/stack/environment.ts'
import { startStack } from '@ticklake/stack/stack.ts'
import { Service } from '@ticklake/testing/service.ts'
import { makeTopic, type Produced, produce, ticks } from '@ticklake/testing/topic.ts'
import { contenders, PARTITIONS, type Task } from './contenders.ts'
import { type Content, contentOfTopic } from './content.ts'
import { freshness } from './freshness.ts'
import { usageOf } from './process-usage.ts'
import { type BenchResult, describeMachine, type Measurement } from './result.ts'
import { runRound } from './round.ts'

const BUCKET = 'bench'
const MIB = 2 ** 20

export interface BenchOptions {
  /** The folder for logs, the stack's data and the contenders' files. */
  readonly dir: string
  readonly onMeasured: (measurement: Measurement) => void
  readonly isQuick: boolean
  /** Contenders and measurements without this text in their name are left out. */
  readonly only: string
  readonly peer: string | undefined
  readonly rows: number
  readonly rounds: number
}

/** @throws Failure when the stack does not start; a contender that fails makes a void measurement */
export async function runBench(options: BenchOptions, signal: AbortSignal): Promise<BenchResult> {
  const { dir, isQuick, only } = options
  const at = new Date().toISOString()
  const measurements: Measurement[] = []
  const add = (measurement: Measurement) => {
    measurements.push(measurement)
    options.onMeasured(measurement)
  }
  const begun = performance.now()
  const secondsSoFar = () => (performance.now() - begun) / 1000
  await using stack = await startStack({ dir, ports: 'free', bucket: BUCKET, signal })
  const { env } = stack
  adoptStack(env)
  using aws = openAws(lakeConfig({ ...env }))
  const once = { group: 'stack', round: 1 } as const
  add({ ...once, contender: 'ready', figures: { seconds: secondsSoFar() } })
  await aws.athena.rows('SELECT 1')
  add({ ...once, contender: 'first answer of Athena', figures: { seconds: secondsSoFar() } })
  const resident = usageOf([process.pid]).residentMiB - process.memoryUsage.rss() / MIB
  add({ ...once, contender: 'servers at rest', figures: { MiB: resident } })

  mkdirSync(join(dir, 'rounds'), { recursive: true })
  await landReadAndSend(options, env, aws.bucket, add, signal)
  for (const rate of isQuick ? [200] : [1, 200, 5_000]) {
    if (!`${rate} rows/s`.includes(only)) continue
    add(await freshness(env, rate, isQuick ? 10 : 30, join(dir, 'rounds'), signal))
  }
  return { at, machine: describeMachine(), rows: options.rows, measurements }
}

/** All contenders in turn, round after round. */
async function landReadAndSend(
  { dir, isQuick, only, peer, rows, rounds }: BenchOptions,
  env: StackEnv,
  bucket: Bucket,
  add: (measurement: Measurement) => void,
  signal: AbortSignal,
): Promise<void> {
  const chosen = contenders(peer).filter(
    (contender) => contender.name.includes(only) && (!isQuick || contender.isQuick),
  )
  const topics = new Map<string, Promise<{ topic: string; content: Content }>>()
  if (peer && chosen.length > 0) await makeTopic({ ...env }, 'control-iceberg', 1)
  for (let round = 1; round <= rounds; round++) {
    for (const [i, contender] of chosen.entries()) {
      const size = contender.rows ?? rows
      const { messageBytes = 0 } = contender
      const name = `bench-${size}-${messageBytes}`
      if (!topics.has(name)) topics.set(name, filledTopic(env, name, size, messageBytes))
      const { topic, content } = await topics.get(name)!
      const run = `r${round}-${i}-${Date.now().toString(36)}`
      const task: Task = { env, topic, rows: size, run, dir: join(dir, 'rounds') }
      if (contender.group === 'send') await makeTopic({ ...env }, run, PARTITIONS)
      add(await runRound({ contender, task, round, expected: content, bucket, signal }))
      await empty(bucket, `${run}/`)
    }
  }
}

/** Creates a topic with this many generated ticks. Out: its name, and a checksum of its rows. */
async function filledTopic(
  env: StackEnv,
  topic: string,
  rows: number,
  messageBytes: number,
): Promise<{ topic: string; content: Content }> {
  await makeTopic({ ...env }, topic, PARTITIONS)
  if (messageBytes > 0) {
    await produce({ ...env, KAFKA_TOPIC: topic }, paddedTicks(rows, messageBytes))
    return { topic, content: await contentOfTopic(env.KAFKA_BOOTSTRAP_SERVERS!, topic) }
  }
  await produce({ ...env, KAFKA_TOPIC: topic }, typedTicks())
  const settings = { PATH: process.env.PATH ?? '', KAFKA_TOPIC: topic, PRODUCER_HEALTH_PORT: '0' }
  const producer = new Service(['producer/main.ts', 'run', '--rate', 'max', '--rows', String(rows)], {
    env: serviceEnv(env, settings),
  })
  if ((await producer.ended()) !== 0) throw new Error(`the topic could not be filled:\n${producer.stderr}`)
  return { topic, content: await contentOfTopic(env.KAFKA_BOOTSTRAP_SERVERS!, topic) }
}

/**
 * One tick for each partition in which each number has a fraction. Apache Iceberg's sink derives a column's type from
 * the first record: after a price of 4177 it truncates 4177.68 to 4177.
 */
function typedTicks(): Produced[] {
  const prices = {
    open: 0.5,
    high: 1.5,
    low: 0.25,
    close: 1.25,
    adj_close: 1.25,
    volume: 0.5,
    close_usd: 1.25,
  }
  const value = canonicalBytes({ index: 'TYPES', date: '2021-03-01', ...prices, source: 'bench' })
  return Array.from({ length: PARTITIONS }, (_, partition) => ({ value, partition }))
}

/** Ticks with a field that the contract does not know. */
function* paddedTicks(rows: number, messageBytes: number): Generator<Produced> {
  for (const { value, partition } of ticks(rows, PARTITIONS)) {
    const tick = Buffer.from(value!).toString().slice(0, -1)
    yield { value: Buffer.from(`${tick},"note":"${'x'.repeat(messageBytes - tick.length)}"}`), partition }
  }
}

async function empty(bucket: Bucket, prefix: string): Promise<void> {
  const keys: string[] = []
  for await (const { key } of bucket.list(prefix)) keys.push(key)
  if (keys.length > 0) await bucket.delete(keys)
}
