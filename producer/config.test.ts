import { readFileSync } from 'node:fs'
import { kafkaSchema, topicSchema } from '@ticklake/kafka/config.ts'
import type { Failure } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import { producerConfig, producerSchema } from './config.ts'

const why = (env: Record<string, string>) => {
  try {
    producerConfig(env)
  } catch (error) {
    return (error as Failure).why
  }
  return expect.fail('it was accepted')
}

test('without any setting it loops the generated rows at 200 a second', () => {
  expect(producerConfig({})).toMatchObject({ mode: 'loop', PRODUCER_SOURCE: 'generated', PRODUCER_RATE: 200 })
})

test('by default a file is sent once', () => {
  expect(producerConfig({ PRODUCER_CSV: 'a.csv' }).mode).toBe('replay')
  expect(producerConfig({ PRODUCER_CSV: 'a.csv', PRODUCER_MODE: 'loop' }).mode).toBe('loop')
  expect(producerConfig({ PRODUCER_SOURCE: 'sample' }).mode).toBe('replay')
})

test.each([
  [{ PRODUCER_RATE: '0' }, 'PRODUCER_RATE must be max, or a number'],
  [{ PRODUCER_RATE: 'fast' }, 'PRODUCER_RATE must be max, or a number'],
  [{ PRODUCER_RATE: '1e3' }, 'PRODUCER_RATE must be max, or a number'],
  [{ PRODUCER_RAET: '5' }, 'did you mean PRODUCER_RATE?'],
  [{ KAFKA_TOPIC_PARTITION: '5' }, 'did you mean KAFKA_TOPIC_PARTITIONS?'],
  [{ KAFKA_TOPIC_PARTITIONS: '0' }, 'KAFKA_TOPIC_PARTITIONS must be a whole number from 1'],
  [{ KAFKA_BOOTSTRAP_SERVER: 'a:1' }, 'did you mean KAFKA_BOOTSTRAP_SERVERS?'],
  [{ PRODUCER_MODE: 'once' }, 'PRODUCER_MODE must be one of replay, loop, sample'],
  [{ PRODUCER_SOURCE: '-', PRODUCER_MODE: 'loop' }, 'standard input cannot'],
  [{ PRODUCER_CSV: '-', PRODUCER_MODE: 'sample' }, 'standard input cannot'],
  [{ PRODUCER_CSV: 'a.csv', PRODUCER_SOURCE: '-' }, 'two sources'],
  [{ PRODUCER_INDEX: 'HSI' }, 'PRODUCER_INDEX is for CSV files'],
  [{ PRODUCER_SOURCE_NAME: 'a\u0007b' }, 'PRODUCER_SOURCE_NAME must have at most 256 characters'],
  [{ PRODUCER_SOURCE_NAME: 'x'.repeat(257) }, 'none of them a control character'],
  [
    { PRODUCER_CSV: 'a.csv', PRODUCER_REJECTS: './b/../a.csv' },
    'PRODUCER_REJECTS and PRODUCER_CSV are the same file',
  ],
  [{ KAFKA_DEAD_LETTER_TOPIC: 'no topic' }, 'KAFKA_DEAD_LETTER_TOPIC must be a topic name'],
  [
    { KAFKA_DEAD_LETTER_TOPIC: 'stock-ticks' },
    'KAFKA_DEAD_LETTER_TOPIC and KAFKA_TOPIC are both stock-ticks',
  ],
])('%o is refused, naming the variable', (env, message) => {
  expect(why(env as unknown as Record<string, string>)).toContain(message)
})

test('no time exceeds the longest timer, which Node would turn into 1 ms', () => {
  const times = Object.entries({ ...kafkaSchema, ...producerSchema }).filter(([name]) => name.endsWith('_MS'))
  expect(times.length).toBeGreaterThan(2)
  for (const [name, { parse }] of times) expect(() => parse('2147483648'), name).toThrow('to 2147483647')
})

test('a rate may be a fraction or max', () => {
  expect(producerConfig({ PRODUCER_RATE: '0.5' }).PRODUCER_RATE).toBe(0.5)
  expect(producerConfig({ PRODUCER_RATE: 'max' }).PRODUCER_RATE).toBe('max')
})

test('each variable is in .env.example with its default, and that file is accepted unchanged', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
  const example = Object.fromEntries(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value!]),
  )
  for (const [name, option] of Object.entries({ ...producerSchema, ...topicSchema })) {
    expect(example[name], name).toBe(String(option.fallback ?? ''))
  }
  expect(producerConfig(example)).toEqual(producerConfig({}))
})

test('`topic`, which reads no file, accepts settings of files in the environment', () => {
  const env = { PRODUCER_INDEX: 'DAX', PRODUCER_MAP: 'index=$.s,close=$.p,volume=0,date=$.d' }
  expect(() => producerConfig(env)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  expect(producerConfig(env, 'topic').PRODUCER_INDEX).toBe('DAX')
  expect(() => producerConfig({ PRODUCER_INDX: 'DAX' }, 'topic')).toThrow(/1 problem/)
})
