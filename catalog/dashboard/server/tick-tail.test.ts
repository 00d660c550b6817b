// The error of the tick reader when the broker cannot be reached.
import { kafkaConfig } from '@ticklake/kafka/config.ts'
import { expect, test } from 'vitest'
import { TickTail } from './tick-tail.ts'

test('a broker that disappears before the ticks are read is reported like any unreachable broker', async () => {
  const config = kafkaConfig({ KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1', KAFKA_CONNECT_TIMEOUT_MS: '1000' })
  const partitions = [{ partition: 0, low: 0, end: 5 }]
  const broker = { topicOnce: async () => ({ topic: 'stock-ticks', topicId: 'a'.repeat(32), partitions }) }
  const tail = new TickTail(config, broker, () => {})
  await expect(tail.run(new AbortController().signal, () => {})).rejects.toMatchObject({
    name: 'Failure',
    code: 'KAFKA_UNREACHABLE',
    message: expect.stringContaining('127.0.0.1:1'),
    retryable: true,
  })
})
