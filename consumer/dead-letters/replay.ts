// Sends fixed records and their ledger lines in one Kafka transaction, so that each lands once even if the replay dies.
import { type KafkaConfig, ledgerTopic } from '@ticklake/kafka/config.ts'
import { connectProducer, type Producer } from '@ticklake/kafka/producer.ts'
import { kafkaUnreachable } from '@ticklake/kafka/unreachable.ts'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { type Origin, originText } from './displayed-record.ts'
import {
  CALL_TIMEOUT_MS,
  called,
  ensureLedger,
  LEDGER_PARTITION,
  readLedger,
  replayRefused,
} from './ledger.ts'

/** A record that replaces a rejected one. */
export interface Replayed {
  readonly origin: Origin
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: readonly (readonly [string, Buffer | null])[]
}

export interface Replay extends AsyncDisposable {
  /** Whether the record was replayed by an earlier run, or by this one. */
  isReplayed(origin: Origin): boolean
  /** Begins a transaction and sends the records with their ledger lines. They are invisible until commit(). */
  send(records: readonly Replayed[]): Promise<void>
  /** Makes all that was sent visible at once. */
  commit(): Promise<void>
}

/**
 * Begins a replay. All replays of a topic share one transactional id: a new replay aborts what another has not
 * committed, and only then reads the ledger, so that two of them cannot both send a record.
 * @param topicId of the topic that the records were rejected in
 * @throws Failure KAFKA_UNREACHABLE, LEDGER_UNFIT, REPLAY_REFUSED, TOPIC_REPLACED
 */
export async function openReplay(config: KafkaConfig, topicId: string): Promise<Replay> {
  const topic = config.KAFKA_TOPIC
  const ledger = ledgerTopic(config)
  await ensureLedger(config, topicId)
  const producer = await connectProducer(config, {
    clientId: 'ticklake-replay',
    logLevel: 0,
    settings: {
      'transactional.id': `ticklake-replay-${topic}`,
      // As in Java, so that a replayed record goes to the partition of its key.
      partitioner: 'murmur2_random',
    },
    connectWithinMs: config.KAFKA_CONNECT_TIMEOUT_MS,
  }).catch((error) => {
    throw kafkaUnreachable({
      what: `no broker answered at ${config.KAFKA_BOOTSTRAP_SERVERS}; nothing was replayed`,
      why: reasonOf(error),
      remedy: 'start the broker, or set KAFKA_BOOTSTRAP_SERVERS',
    })
  })
  const replayed = await called((done) => producer.initTransactions(CALL_TIMEOUT_MS, done))
    .then(() => readLedger(config))
    .catch((error) => {
      producer.disconnect()
      throw replayRefused(error, 'the replay could not begin; nothing was sent')
    })
  let sent: string[] = []
  return {
    isReplayed: (origin) => replayed.has(originText(origin)),
    async send(records) {
      await called((done) => producer.beginTransaction(done))
      sent = records.map(({ origin }) => originText(origin))
      const at = new Date().toISOString()
      await Promise.all(
        records.flatMap(({ origin, key, value, headers }) => {
          const from = originText(origin)
          const all = [...headers, ['ticklake-replayed', Buffer.from(from)] as const]
          const line = Buffer.from(JSON.stringify({ replayedAt: at }))
          return [
            produce(producer, topic, null, key, value, all),
            produce(producer, ledger, LEDGER_PARTITION, Buffer.from(from), line, []),
          ]
        }),
      ).catch(async (error) => {
        await called((done) => producer.abortTransaction(CALL_TIMEOUT_MS, done)).catch(() => {})
        throw replayRefused(error, 'the records could not be sent; none of this batch was stored')
      })
    },
    async commit() {
      await called((done) => producer.commitTransaction(CALL_TIMEOUT_MS, done)).catch((error) => {
        throw replayRefused(error, 'it is unknown whether the last batch was stored')
      })
      for (const origin of sent) replayed.add(origin)
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => producer.disconnect(5_000, () => resolve()))
    },
  }
}

/** @param partition null: that of its key */
function produce(
  producer: Producer,
  topic: string,
  partition: number | null,
  key: Buffer | null,
  value: Buffer,
  headers: readonly (readonly [string, Buffer | null])[],
): Promise<void> {
  // This client cannot send a header without a value: it is sent empty.
  const sent = headers.map(([name, bytes]) => ({ [name]: bytes ?? '' }))
  return called((done) => producer.produce(topic, partition, value, key, null, sent, done))
}
