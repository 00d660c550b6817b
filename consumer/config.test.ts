import type { Failure } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import { consumerConfig, consumerSchema } from './config.ts'

const why = (env: Record<string, string>) => {
  try {
    consumerConfig(env)
  } catch (error) {
    return (error as Failure).why
  }
  return expect.fail('it was accepted')
}

test.each([
  [{ KAFKA_DEAD_LETTER_TOPIC: 'no topic' }, 'KAFKA_DEAD_LETTER_TOPIC must be a topic name'],
  [
    { KAFKA_TOPIC: 'a', KAFKA_DEAD_LETTER_TOPIC: 'a' },
    'KAFKA_DEAD_LETTER_TOPIC and KAFKA_TOPIC are both a: rejected records would come back forever',
  ],
  [
    { KAFKA_TOPIC: 'a', KAFKA_DEAD_LETTER_TOPIC: 'a-replayed' },
    'KAFKA_DEAD_LETTER_TOPIC is a-replayed, where replays record what they have sent',
  ],
])('%o is refused, naming the variable', (env, message) => {
  expect(why(env as unknown as Record<string, string>)).toContain(message)
})

test('no time exceeds the longest timer, which Node would turn into 1 ms', () => {
  const times = Object.entries(consumerSchema).filter(([name]) => name.endsWith('_MS'))
  expect(times.length).toBe(3)
  for (const [name, { parse }] of times) expect(() => parse('2147483648'), name).toThrow('to 2147483647')
})
