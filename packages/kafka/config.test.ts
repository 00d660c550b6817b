// The settings for connecting to the broker, and readable reasons from librdkafka's log.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { advertisedAddress, brokerReason, kafkaConfig, readerSettings } from './config.ts'

test('the reason why a broker is unreachable is reported without the client’s internal names', () => {
  const line =
    '[thrd:127.0.0.1:1/bootstrap]: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused ' +
    '(after 0ms in state CONNECT, 1 identical error(s) suppressed)'
  expect(brokerReason(line)).toBe('Connect to 127.0.0.1:1 failed: Connection refused')
  expect(brokerReason('[thrd:b:9092/1]: b:9092/1: Disconnected (after 12ms in state UP)')).toBe(
    'Disconnected',
  )
})

test('an address that brokers advertise is told apart from one of the settings', () => {
  const down = 'Connect to ipv4#127.0.0.1:2 failed: Connection refused'
  expect(advertisedAddress(`[thrd:127.0.0.1:2/1]: 127.0.0.1:2/1: ${down}`)).toBe('127.0.0.1:2')
  expect(advertisedAddress(`[thrd:127.0.0.1:2/bootstrap]: 127.0.0.1:2/bootstrap: ${down}`)).toBeUndefined()
})

test('the reader of record batches connects to the same brokers in the same way as the client', () => {
  const config = { ...kafkaConfig({}), KAFKA_BOOTSTRAP_SERVERS: 'a, SASL_SSL://b:1,[::1]:2' }
  expect(readerSettings(config, 'id')).toEqual({ brokers: ['a:9092', 'b:1', '[::1]:2'], clientId: 'id' })

  const dir = mkdtempSync(join(tmpdir(), 'kafka-config-'))
  const file = join(dir, 'password')
  writeFileSync(file, 'old\n')
  const { tls, sasl } = readerSettings(
    {
      ...config,
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_USERNAME: 'user',
      KAFKA_SASL_PASSWORD_FILE: file,
    },
    'id',
  )
  expect(tls!.ca.length).toBeGreaterThan(0)
  writeFileSync(file, 'new\n')
  expect([sasl!.mechanism, sasl!.username, sasl!.password()]).toEqual(['SCRAM-SHA-512', 'user', 'new'])
  rmSync(dir, { recursive: true })
})
