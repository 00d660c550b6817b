// The ledger: a topic that records which rejected records were replayed, so that none is sent again.
import type { IAdminClient, Metadata } from '@confluentinc/kafka-javascript'
import { ensureTopic, withAdmin } from '@ticklake/kafka/admin.ts'
import { type KafkaConfig, ledgerTopic } from '@ticklake/kafka/config.ts'
import { closeReader, connectReader } from '@ticklake/kafka/reader.ts'
import { describeTopic } from '@ticklake/kafka/topic-facts.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { type Origin, originText } from './displayed-record.ts'

export const CALL_TIMEOUT_MS = 30_000
const CLIENT = { clientId: 'ticklake-replay', logLevel: 0 }
/**
 * The partition of its lines, fixed so that the next replay reads what this one writes, however the topic was created.
 */
export const LEDGER_PARTITION = 0
/** How long the ledger may return nothing before it counts as unreadable. */
const LEDGER_PATIENCE_MS = 30_000

/**
 * What has been replayed so far, for a dry run; does not create a missing ledger.
 * @param topicId of the topic that the records were rejected in
 * @returns whether a record was replayed
 * @throws Failure LEDGER_UNFIT, REPLAY_REFUSED, TOPIC_REPLACED
 */
export async function replayedByNow(
  config: KafkaConfig,
  topicId: string,
): Promise<(origin: Origin) => boolean> {
  const what = `the ledger ${ledgerTopic(config)} could not be read; nothing was sent`
  const isThere = await withAdmin(config, CLIENT, async (admin) => {
    await requireSameTopic(admin, config, topicId)
    return (await describeTopic(admin, ledgerTopic(config))) !== undefined
  }).catch((error) => {
    throw replayRefused(error, what)
  })
  if (!isThere) return () => false
  const replayed = await readLedger(config).catch((error) => {
    throw replayRefused(error, what)
  })
  return (origin) => replayed.has(originText(origin))
}

/**
 * Creates the ledger unless it exists.
 * @param topicId of the topic that the records were rejected in
 * @throws Failure REPLAY_REFUSED, TOPIC_REPLACED
 */
export async function ensureLedger(config: KafkaConfig, topicId: string): Promise<void> {
  const topic = ledgerTopic(config)
  const what = `the ledger ${topic} could not be found or created; nothing was sent`
  const settings = { num_partitions: 1, replication_factor: -1, config: { 'cleanup.policy': 'compact' } }
  await withAdmin(config, CLIENT, async (admin) => {
    await requireSameTopic(admin, config, topicId)
    await ensureTopic(admin, { topic, ...settings }, CALL_TIMEOUT_MS)
  }).catch((error) => {
    throw replayRefused(error, what)
  })
}

async function requireSameTopic(admin: IAdminClient, config: KafkaConfig, topicId: string): Promise<void> {
  const now = (await describeTopic(admin, config.KAFKA_TOPIC))?.topicId
  if (now === topicId) return
  throw new Failure({
    code: 'TOPIC_REPLACED',
    what: `the topic ${config.KAFKA_TOPIC} is not the one that the records were rejected in; nothing was replayed`,
    why: now === undefined ? 'there is no such topic' : `its id is ${now}, theirs ${topicId}`,
    remedy: 'set KAFKA_TOPIC and LAKE_DATASET to a topic and its dataset',
  })
}

/**
 * Every origin in the ledger, as far as transactions are committed.
 * @throws Failure LEDGER_UNFIT; Error when it cannot be read to its end
 */
export async function readLedger(config: KafkaConfig): Promise<Set<string>> {
  const ledger = ledgerTopic(config)
  const origins = new Set<string>()
  const { reader, metadata } = await connectReader(config, {
    clientId: CLIENT.clientId,
    groupId: 'ticklake-replay',
    offsetReset: 'earliest',
    settings: { 'enable.partition.eof': true },
  })
  let atEnd = false
  reader.on('partition.eof', () => {
    atEnd = true
  })
  try {
    requireOnePartition(ledger, metadata.topics)
    reader.assign([{ topic: ledger, partition: LEDGER_PARTITION, offset: 0 }])
    for (let newsAt = Date.now(); !atEnd; ) {
      const messages = await new Promise<{ key?: unknown }[]>((resolve, reject) => {
        reader.consume(1000, (error, batch) => (error ? reject(error) : resolve(batch)))
      })
      for (const { key } of messages) if (key) origins.add(String(key))
      if (messages.length > 0) newsAt = Date.now()
      else if (Date.now() - newsAt > LEDGER_PATIENCE_MS)
        throw new Error(`${ledger} could not be read to its end`)
    }
    return origins
  } finally {
    await closeReader(reader)
  }
}

/** Lines in other partitions (of a ledger created by hand) are not read: their records would be sent again. */
function requireOnePartition(ledger: string, topics: Metadata['topics']): void {
  const partitions = topics.find(({ name }) => name === ledger)?.partitions.length ?? 0
  if (partitions <= 1) return
  throw new Failure({
    code: 'LEDGER_UNFIT',
    what: `the ledger ${ledger} has ${partitions} partitions; nothing was sent`,
    why: 'a replay creates it with one: lines in other partitions are not read, and their records would be sent again',
    remedy:
      'recreate it with one partition and cleanup.policy=compact, and copy its lines; if it has none, delete it: the next replay creates it',
  })
}

/** An error of Kafka, as a replay reports it. */
export function replayRefused(error: unknown, what: string): Failure {
  if (error instanceof Failure) return error
  return new Failure({
    code: 'REPLAY_REFUSED',
    what,
    why: reasonOf(error),
    remedy:
      'check that no other replay of this topic runs, and that the user may write to the topic and its ledger in a transaction; then run it again: records that are already there are skipped',
    cause: error,
  })
}

/** A call of the client as a promise. */
export function called(call: (done: (error: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
}
