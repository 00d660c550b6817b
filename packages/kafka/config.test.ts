// What librdkafka logs, as a person is told it.
import { expect, test } from 'vitest'
import { brokerReason } from './config.ts'

test('the reason why a broker is away is told without the client’s inner names', () => {
  const line =
    '[thrd:127.0.0.1:1/bootstrap]: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused ' +
    '(after 0ms in state CONNECT, 1 identical error(s) suppressed)'
  expect(brokerReason(line)).toBe('Connect to 127.0.0.1:1 failed: Connection refused')
  expect(brokerReason('[thrd:b:9092/1]: b:9092/1: Disconnected (after 12ms in state UP)')).toBe(
    'Disconnected',
  )
})
