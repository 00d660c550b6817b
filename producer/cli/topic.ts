// `producer topic`: makes or describes the topic of the ticks and the topic of the dead letters.

import { deadLetterTopic } from '@ticklake/kafka/config.ts'
import type { Env } from '@ticklake/runtime/env.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { type Broker, findBroker } from '../broker.ts'
import { type ProducerConfig, producerConfig } from '../config.ts'
import { makeEvents } from '../events.ts'
import { differences, keyOrderWarning, partitionsToAdd, type TopicState, type TopicWanted } from '../topic.ts'

/**
 * Makes what is missing. A topic that is there keeps its rows and its settings; what differs is shown.
 * @param mayGrow whether partitions may be added
 * @throws Failure TOPIC_SHRINK, TOPIC_GROW, KAFKA_*
 */
export async function createTopics(env: Env, mayGrow: boolean, signal: AbortSignal): Promise<void> {
  const config = producerConfig(env)
  await using broker = await open(env, config, signal)
  if (!broker) return
  for (const [name, wanted] of topicsOf(config)) {
    const found = (await broker.describe(name)) ?? (await make(broker, name, wanted))
    const added = partitionsToAdd(wanted, found, mayGrow)
    if (added > 0) {
      await broker.grow(name, wanted.partitions)
      print(`${name}: ${added} partition${added === 1 ? '' : 's'} added; ${keyOrderWarning}`)
    }
    show((await broker.describe(name)) ?? found, wanted)
  }
}

/** @throws Failure TOPIC_MISSING, KAFKA_* */
export async function describeTopics(env: Env, signal: AbortSignal): Promise<void> {
  const config = producerConfig(env)
  await using broker = await open(env, config, signal)
  if (!broker) return
  const missing: string[] = []
  for (const [name, wanted] of topicsOf(config)) {
    const found = await broker.describe(name)
    if (found) show(found, wanted)
    else missing.push(name)
  }
  if (missing.length === 0) return
  throw new Failure({
    code: 'TOPIC_MISSING',
    what: `there is no topic ${missing.join(' and no topic ')}`,
    why: `the broker at ${config.KAFKA_BOOTSTRAP_SERVERS} answers and does not know it`,
    remedy: 'make it with `node producer/main.ts topic create`, or set KAFKA_TOPIC',
  })
}

function open(env: Env, config: ProducerConfig, signal: AbortSignal): Promise<Broker | undefined> {
  const log = makeLogger('producer', { ...env, LOG_LEVEL: env.LOG_LEVEL ?? 'warn' })
  return findBroker(config, makeEvents(log, makeRegistry('producer')), signal)
}

function topicsOf(config: ProducerConfig): [string, TopicWanted][] {
  const wanted: TopicWanted = {
    partitions: config.KAFKA_TOPIC_PARTITIONS,
    replication: config.KAFKA_TOPIC_REPLICATION,
    retentionMs: config.KAFKA_TOPIC_RETENTION_MS,
    timestampType: 'LogAppendTime',
  }
  // Dead letters are few, and one partition keeps them in one order.
  return [
    [config.KAFKA_TOPIC, wanted],
    [deadLetterTopic(config), { ...wanted, partitions: 1 }],
  ]
}

/** Someone else may make it at the same moment: what counts is that it is there. */
async function make(broker: Broker, name: string, wanted: TopicWanted): Promise<TopicState> {
  const problem = await broker.create(name, wanted).catch((error: unknown) => error)
  let made = await broker.describe(name)
  // In a cluster the broker that is asked may hear of it a moment later than the one that made it.
  for (let asked = 0; !made && !problem && asked < 20; asked++) {
    await sleep(250)
    made = await broker.describe(name)
  }
  if (!made) throw problem ?? new Error(`topic ${name} was made and is not there`)
  if (!problem) print(`${name}: made`)
  return made
}

function show(topic: TopicState, wanted: TopicWanted): void {
  print(
    `${topic.name}: ${topic.partitions} partition${topic.partitions === 1 ? '' : 's'}, replication ${topic.replication}, ` +
      `${topic.timestampType}, retention.ms ${topic.retentionMs}, ${topic.rows} records, id ${topic.id}`,
  )
  for (const { setting, wanted: asked, found } of differences(wanted, topic)) {
    print(`  differs: ${setting} is ${found}, asked for was ${asked}; it is left as it is`)
  }
}

function print(line: string): void {
  process.stdout.write(`${printable(line)}\n`)
}
