import { expect, test } from 'vitest'
import { KafkaReader } from './kafka-reader.ts'
import { settingsOf } from './options.ts'

test('brokers are host:port, of IPv6 too', () => {
  expect(settingsOf({ brokers: ['a.example:9092', '[::1]:1', ' 127.0.0.1:65535'] }).brokers).toEqual([
    { host: 'a.example', port: 9092 },
    { host: '::1', port: 1 },
    { host: '127.0.0.1', port: 65_535 },
  ])
  for (const wrong of ['a', 'a:', ':1', 'a:0', 'a:65536', '::1:9', 'http://a:1', '']) {
    expect(() => settingsOf({ brokers: [wrong] })).toThrow('is not host:port')
  }
  expect(() => settingsOf({ brokers: [] })).toThrow('the list is empty')
})

test('invalid numbers are refused by name; undefined means the default', () => {
  for (const value of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
    expect(() => settingsOf({ brokers: ['a:1'], maxBytes: value })).toThrow('maxBytes')
  }
  const given: object = { maxBytes: undefined }
  expect(settingsOf({ brokers: ['a:1'], ...given }).maxBytes).toBe(4 * 1024 * 1024)
})

test('an invalid assignment is refused before any request', async () => {
  await using reader = new KafkaReader({ brokers: ['127.0.0.1:1'] })
  const at = { topic: 't', partition: 0 }
  for (const wrong of [
    { offset: -1 },
    { offset: 1.5 },
    { offset: 2 ** 53 },
    { offset: 0, leaderEpoch: -2 },
  ]) {
    await expect(reader.assign([{ ...at, ...wrong }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  }
  await expect(
    reader.assign([
      { ...at, offset: 0 },
      { ...at, offset: 1 },
    ]),
  ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
