// The ledger's partition, with a client that only records its calls.
import { kafkaConfig } from '@ticklake/kafka/config.ts'
import { afterAll, expect, test, vi } from 'vitest'

const topicId = '0'.repeat(32)
const config = kafkaConfig({ KAFKA_TOPIC: 'ticks' })

const kafka = vi.hoisted(() => ({
  ledgerPartitions: 1,
  produced: [] as [topic: string, partition: number | null][],
}))

type Done = (error: null, answer?: unknown) => void

vi.mock('@ticklake/kafka/admin.ts', () => {
  const ids = { mostSignificantBits: 0n, leastSignificantBits: 0n }
  const admin = {
    describeTopics: (_topics: unknown, _options: unknown, done: Done) =>
      done(null, [{ topicId: ids, partitions: [{}] }]),
  }
  return {
    withAdmin: (_config: unknown, _client: unknown, work: (client: typeof admin) => unknown) => work(admin),
    ensureTopic: async () => {},
  }
})

vi.mock('@ticklake/kafka/reader.ts', () => {
  class Reader {
    #atEnd = () => {}
    on(event: string, atEnd: () => void) {
      if (event === 'partition.eof') this.#atEnd = atEnd
      return this
    }
    assign() {}
    consume(_count: number, done: Done) {
      this.#atEnd()
      done(null, [])
    }
  }
  return {
    closeReader: async () => {},
    connectReader: async () => {
      const partitions = Array.from({ length: kafka.ledgerPartitions }, (_, id) => ({ id }))
      return { reader: new Reader(), metadata: { topics: [{ name: 'ticks-replayed', partitions }] } }
    },
  }
})

vi.mock('@confluentinc/kafka-javascript', () => {
  class HighLevelProducer {
    on() {}
    connect = (_options: unknown, done: Done) => done(null)
    initTransactions = (_timeout: number, done: Done) => done(null)
    beginTransaction = (done: Done) => done(null)
    disconnect = (_timeout: unknown, done?: () => void) => done?.()
    produce(topic: string, partition: number | null, ...rest: unknown[]) {
      kafka.produced.push([topic, partition])
      ;(rest.at(-1) as Done)(null)
    }
  }
  return { default: { HighLevelProducer, CODES: { ERRORS: {} } } }
})

// Other tests in this worker may have loaded the modules with the real client, or may need them with it.
vi.resetModules()
afterAll(() => void vi.resetModules())
const { openReplay } = await import('./replay.ts')

test('a line goes to the partition that is read, the record to that of its key', async () => {
  kafka.ledgerPartitions = 1
  await using replay = await openReplay(config, topicId)
  const origin = { topicId, partition: 2, offset: 7 }
  await replay.send([{ origin, key: Buffer.from('HSI'), value: Buffer.from('{}'), headers: [] }])
  expect(kafka.produced).toEqual([
    ['ticks', null],
    ['ticks-replayed', 0],
  ])
})

test('a ledger with lines in partitions that are not read is refused', async () => {
  kafka.ledgerPartitions = 3
  await expect(openReplay(config, topicId)).rejects.toMatchObject({
    code: 'LEDGER_UNFIT',
    message: expect.stringContaining('3 partitions'),
  })
})
