// `producer topic`: creates or describes the topics of ticks and of dead letters.

import { deadLetterTopic } from '@ticklake/kafka/config.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import { type CommandHost, type OutputStream, sleep } from '@ticklake/runtime/process.ts'
import { type Broker, findBroker } from '../broker.ts'
import { type ProducerConfig, producerConfig } from '../config.ts'
import { makeEvents } from '../events.ts'
import { differences, keyOrderWarning, partitionsToAdd, type TopicState, type TopicWanted } from '../topic.ts'

const ASK_AGAIN_AFTER_MS = 250

/**
 * Creates missing topics. An existing topic keeps its rows and settings; differences are shown.
 * @param mayGrow whether partitions may be added
 * @throws Failure TOPIC_SHRINK, TOPIC_GROW, TOPIC_NOT_READY, KAFKA_*
 */
export async function createTopics(host: CommandHost, mayGrow: boolean, signal: AbortSignal): Promise<void> {
  const config = producerConfig(host.env, 'topic')
  await using broker = await open(host, config, signal)
  if (!broker) return
  await unlessStopped(signal, () => createAll(broker, config, host.stdout, mayGrow, signal))
}

async function createAll(
  broker: Broker,
  config: ProducerConfig,
  out: OutputStream,
  mayGrow: boolean,
  signal: AbortSignal,
): Promise<void> {
  for (const [name, wanted] of topicsOf(config)) {
    const found =
      (await broker.describe(name)) ?? (await makeTopic(broker, name, wanted, config, signal, out))
    const added = partitionsToAdd(wanted, found, mayGrow)
    if (added > 0) {
      await broker.grow(name, wanted.partitions)
      print(out, `${name}: ${added} partition${added === 1 ? '' : 's'} added; ${keyOrderWarning}`)
    }
    show(out, (await broker.describe(name)) ?? found, wanted)
  }
}

/** @throws Failure TOPIC_MISSING, KAFKA_* */
export async function describeTopics(host: CommandHost, signal: AbortSignal): Promise<void> {
  const config = producerConfig(host.env, 'topic')
  await using broker = await open(host, config, signal)
  if (!broker) return
  await unlessStopped(signal, () => describeAll(broker, config, host.stdout))
}

async function describeAll(broker: Broker, config: ProducerConfig, out: OutputStream): Promise<void> {
  const missing: string[] = []
  for (const [name, wanted] of topicsOf(config)) {
    const found = await broker.describe(name)
    if (found) show(out, found, wanted)
    else missing.push(name)
  }
  if (missing.length === 0) return
  throw new Failure({
    code: 'TOPIC_MISSING',
    what: `there is no topic ${missing.join(' and no topic ')}`,
    why: `the broker at ${config.KAFKA_BOOTSTRAP_SERVERS} answers, but does not have it`,
    remedy: 'create it with `node producer/main.ts topic create`, or set KAFKA_TOPIC',
  })
}

/** A request that a signal aborted has not failed. */
async function unlessStopped(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function open(
  { env, stderr }: CommandHost,
  config: ProducerConfig,
  signal: AbortSignal,
): Promise<Broker | undefined> {
  const log = makeLogger('producer', { ...env, LOG_LEVEL: env.LOG_LEVEL ?? 'warn' }, stderr)
  return findBroker(config, makeEvents(log, makeRegistry('producer')), signal)
}

function topicsOf(config: ProducerConfig): [string, TopicWanted][] {
  const wanted: TopicWanted = {
    partitions: config.KAFKA_TOPIC_PARTITIONS,
    replication: config.KAFKA_TOPIC_REPLICATION,
    retentionMs: config.KAFKA_TOPIC_RETENTION_MS,
    timestampType: 'LogAppendTime',
  }
  // Dead letters are few, and one partition keeps them in order.
  return [
    [config.KAFKA_TOPIC, wanted],
    [deadLetterTopic(config), { ...wanted, partitions: 1 }],
  ]
}

/**
 * Another process may create it at the same time: what matters is that it exists. A broker learns of a new topic later
 * than the controller that answers: it first creates all partitions requested before (5,000 take 6 s).
 * @throws Failure TOPIC_NOT_READY when no broker knows it within KAFKA_CONNECT_TIMEOUT_MS, KAFKA_*
 */
export async function makeTopic(
  broker: Pick<Broker, 'create' | 'describe'>,
  name: string,
  wanted: TopicWanted,
  config: Pick<ProducerConfig, 'KAFKA_BOOTSTRAP_SERVERS' | 'KAFKA_CONNECT_TIMEOUT_MS'>,
  signal: AbortSignal,
  out: OutputStream,
): Promise<TopicState> {
  const problem = await broker.create(name, wanted).catch((error: unknown) => error)
  const deadline = Date.now() + config.KAFKA_CONNECT_TIMEOUT_MS
  let made = await broker.describe(name)
  while (!made && !problem && !signal.aborted && Date.now() < deadline) {
    await sleep(ASK_AGAIN_AFTER_MS, signal)
    made = await broker.describe(name)
  }
  if (!made) throw problem ?? notReady(name, config)
  if (!problem) print(out, `${name}: created`)
  return made
}

function notReady(
  name: string,
  config: Pick<ProducerConfig, 'KAFKA_BOOTSTRAP_SERVERS' | 'KAFKA_CONNECT_TIMEOUT_MS'>,
): Failure {
  return new Failure({
    code: 'TOPIC_NOT_READY',
    what: `topic ${name} was created, but the broker at ${config.KAFKA_BOOTSTRAP_SERVERS} does not know it yet`,
    why: `the broker has been behind its controller for ${Math.round(config.KAFKA_CONNECT_TIMEOUT_MS / 1000)} s`,
    remedy: 'run the command again: it keeps what exists; a higher KAFKA_CONNECT_TIMEOUT_MS waits longer',
  })
}

function show(out: OutputStream, topic: TopicState, wanted: TopicWanted): void {
  print(
    out,
    `${topic.name}: ${topic.partitions} partition${topic.partitions === 1 ? '' : 's'}, replication ${topic.replication}, ` +
      `${topic.timestampType}, retention.ms ${topic.retentionMs}, ${topic.rows} records, id ${topic.id}`,
  )
  for (const { setting, wanted: asked, found } of differences(wanted, topic)) {
    print(out, `  differs: ${setting} is ${found}, not ${asked} as requested; it stays unchanged`)
  }
}

function print(out: OutputStream, line: string): void {
  out.write(`${printable(line)}\n`)
}
