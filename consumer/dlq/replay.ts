// Sends mended records and the ledger's line on each in one Kafka transaction: whatever dies, each lands once.
import RdKafka from '@confluentinc/kafka-javascript'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { type KafkaConfig, kafkaClientSettings } from '@ticklake/runtime/kafka.ts'
import { topicIdOf } from '../kafka.ts'
import { type Origin, originText } from './letter.ts'

type Producer = InstanceType<typeof RdKafka.HighLevelProducer>

/** A record that takes the place of a refused one. */
export interface Replayed {
  readonly origin: Origin
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: readonly (readonly [string, Buffer | null])[]
}

const CALL_TIMEOUT_MS = 30_000
/** So long may nothing come of the ledger before it counts as unreadable. */
const LEDGER_PATIENCE_MS = 30_000

/** The topic that keeps which records were replayed: compacted, so that it keeps each for good. */
export function ledgerTopic(config: KafkaConfig): string {
  return `${config.KAFKA_TOPIC}-replayed`
}

export interface Replay extends AsyncDisposable {
  /** Whether the record was replayed by an earlier run, or by this one. */
  isReplayed(origin: Origin): boolean
  /** Begins a transaction and sends the records with their ledger lines. Nobody sees them before commit(). */
  send(records: readonly Replayed[]): Promise<void>
  /** Makes what was sent be there, all of it or nothing. */
  commit(): Promise<void>
}

/**
 * Begins a replay. All replays of a topic share one transactional id: beginning one ends (and undoes) what another
 * has not committed, and only then reads the ledger, so that two of them cannot both send a record.
 * @param topicId of the topic that the records were refused in
 * @throws Failure KAFKA_UNREACHABLE, REPLAY_REFUSED, TOPIC_REPLACED
 */
export async function openReplay(config: KafkaConfig, topicId: string): Promise<Replay> {
  const topic = config.KAFKA_TOPIC
  const ledger = ledgerTopic(config)
  await ensureLedger(config, topicId)
  const producer = new RdKafka.HighLevelProducer({
    ...kafkaClientSettings(config, 'ticklake-replay'),
    'transactional.id': `ticklake-replay-${topic}`,
    'enable.idempotence': true,
    // As Java does it, so that a replayed record comes to the partition of its key.
    partitioner: 'murmur2_random',
    log_level: 0,
  })
  producer.on('event.error', () => {})
  await called((done) => producer.connect({ timeout: config.KAFKA_CONNECT_TIMEOUT_MS }, done)).catch(
    (error) => {
      producer.disconnect()
      throw new Failure({
        code: 'KAFKA_UNREACHABLE',
        what: `no broker answered at ${config.KAFKA_BOOTSTRAP_SERVERS}; nothing was replayed`,
        why: reasonOf(error),
        remedy: 'start the broker, or set KAFKA_BOOTSTRAP_SERVERS',
        retryable: true,
      })
    },
  )
  const replayed = await called((done) => producer.initTransactions(CALL_TIMEOUT_MS, done))
    .then(() => readLedger(config, ledger))
    .catch((error) => {
      producer.disconnect()
      throw refused(error, 'the replay could not begin; nothing was sent')
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
          return [
            produce(producer, topic, key, value, all),
            produce(producer, ledger, Buffer.from(from), Buffer.from(JSON.stringify({ replayedAt: at })), []),
          ]
        }),
      ).catch(async (error) => {
        await called((done) => producer.abortTransaction(CALL_TIMEOUT_MS, done)).catch(() => {})
        throw refused(error, 'the records could not be sent; none of this batch is there')
      })
    },
    async commit() {
      await called((done) => producer.commitTransaction(CALL_TIMEOUT_MS, done)).catch((error) => {
        throw refused(error, 'whether the last batch is there is not known')
      })
      for (const origin of sent) replayed.add(origin)
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => producer.disconnect(5_000, () => resolve()))
    },
  }
}

function refused(error: unknown, what: string): Failure {
  if (error instanceof Failure) return error
  return new Failure({
    code: 'REPLAY_REFUSED',
    what,
    why: reasonOf(error),
    remedy:
      'see that no other replay of this topic runs, and that the user may write to the topic and its ledger in a transaction; then run it again: what is there already is left out',
    cause: error,
  })
}

function produce(
  producer: Producer,
  topic: string,
  key: Buffer | null,
  value: Buffer,
  headers: readonly (readonly [string, Buffer | null])[],
): Promise<void> {
  // A header without a value has no form in this client: it is sent empty.
  const sent = headers.map(([name, bytes]) => ({ [name]: bytes ?? '' }))
  return called((done) => producer.produce(topic, null, value, key, null, sent, done))
}

/** Every origin in the ledger, as far as transactions are committed. */
async function readLedger(config: KafkaConfig, ledger: string): Promise<Set<string>> {
  const origins = new Set<string>()
  const consumer = new RdKafka.KafkaConsumer(
    {
      ...kafkaClientSettings(config, 'ticklake-replay'),
      // Never joined: partitions are assigned by hand. The prefix is the one that the broker's rules allow.
      'group.id': 'ticklake-replay',
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'isolation.level': 'read_committed',
      log_level: 0,
    } as never,
    { 'auto.offset.reset': 'earliest' },
  )
  consumer.on('event.log', () => {}).on('event.error', () => {})
  let atEnd = false
  consumer.on('partition.eof', () => {
    atEnd = true
  })
  await called((done) => consumer.connect({ timeout: config.KAFKA_CONNECT_TIMEOUT_MS }, done))
  try {
    consumer.assign([{ topic: ledger, partition: 0, offset: 0 }])
    for (let newsAt = Date.now(); !atEnd; ) {
      const messages = await new Promise<{ key?: unknown }[]>((resolve, reject) => {
        consumer.consume(1000, (error, batch) => (error ? reject(error) : resolve(batch)))
      })
      for (const { key } of messages) if (key) origins.add(String(key))
      if (messages.length > 0) newsAt = Date.now()
      else if (Date.now() - newsAt > LEDGER_PATIENCE_MS)
        throw new Error(`${ledger} could not be read to its end`)
    }
    return origins
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()))
  }
}

/** Makes the ledger unless it is there. */
async function ensureLedger(config: KafkaConfig, topicId: string): Promise<void> {
  const admin = RdKafka.AdminClient.create({
    ...kafkaClientSettings(config, 'ticklake-replay'),
    log_level: 0,
  })
  try {
    const now = await topicIdOf(admin, config.KAFKA_TOPIC)
    if (now !== topicId) {
      throw new Failure({
        code: 'TOPIC_REPLACED',
        what: `the topic ${config.KAFKA_TOPIC} is not the one that the records were refused in; nothing was replayed`,
        why: now === undefined ? 'there is no such topic' : `its id is ${now}, theirs ${topicId}`,
        remedy: 'set KAFKA_TOPIC and LAKE_DATASET to a topic and its dataset',
      })
    }
    const wanted = {
      topic: ledgerTopic(config),
      num_partitions: 1,
      replication_factor: -1,
      config: { 'cleanup.policy': 'compact' },
    }
    await new Promise<void>((resolve, reject) => {
      admin.createTopic(wanted, CALL_TIMEOUT_MS, (error) => {
        const isThere = error?.code === RdKafka.CODES.ERRORS.ERR_TOPIC_ALREADY_EXISTS
        if (error && !isThere) reject(error)
        else resolve()
      })
    })
  } catch (error) {
    throw refused(
      error,
      `the ledger ${ledgerTopic(config)} could not be looked for or made; nothing was sent`,
    )
  } finally {
    admin.disconnect()
  }
}

function called(call: (done: (error: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
}
