// For stack tests: `const env = testEnv({ LAKE_FORMAT: 'jsonl' })` is the environment of one test file, with the
// stack's addresses and a LAKE_PREFIX, LAKE_DATABASE, KAFKA_TOPIC, CONSUMER_GROUP_ID and CATALOG_CRAWLER that no other
// file shares (the bucket is shared and exists); process.env gets the AWS variables too, so that SDK clients made in the
// test work.
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { adoptStack, serviceEnv } from '../../stack/environment.ts'

/** Free ports, because a stream may run on this machine. */
const ports = ['PRODUCER_HEALTH_PORT', 'CONSUMER_HEALTH_PORT', 'CATALOG_HEALTH_PORT', 'CATALOG_PAGE_PORT']

export function testEnv(overrides: Record<string, string> = {}): Record<string, string> {
  const stack = inject('stackEnv')
  const id = randomBytes(4).toString('hex')
  adoptStack(stack)
  for (const [name, value] of Object.entries(overrides))
    if (name.startsWith('AWS_')) process.env[name] = value
  return {
    ...serviceEnv(stack, {}),
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    ...kept('TZ'),
    // To run all tests with the other reader, put CONSUMER_READER=client before the command.
    ...kept('CONSUMER_READER'),
    // With this cache processes need a third less CPU to start; tests start hundreds.
    ...kept('NODE_COMPILE_CACHE'),
    LAKE_PREFIX: `test/${id}`,
    LAKE_DATABASE: `test_${id}`,
    KAFKA_TOPIC: `test-${id}`,
    // With one group for all, each test would rebalance all others, and members could use both protocols.
    CONSUMER_GROUP_ID: `test-${id}`,
    CATALOG_CRAWLER: `test-${id}`,
    ...Object.fromEntries(ports.map((name) => [name, '0'])),
    ...overrides,
  }
}

function kept(name: string): Record<string, string> {
  const value = process.env[name]
  return value ? { [name]: value } : {}
}
