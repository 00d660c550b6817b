import { expect, test } from 'vitest'
import { Acknowledgements, queueStateOf } from './acknowledgements.ts'

test('of the rows produced before the client spoke, those that do not wait are acknowledged', () => {
  const rows = new Acknowledgements(1_000)
  rows.sample(1_000, 0)
  rows.sample(1_050, 400)
  rows.sample(1_100, 900)
  // It spoke at 1,099: the rows of the last sample may have come after it.
  expect(rows.ended({ ageMs: 99, waiting: 100 })).toBe(300)
  expect(rows.ended({ ageMs: 100, waiting: 100 })).toBe(800)
})

test('rows that came after the client spoke are never taken for acknowledged', () => {
  const rows = new Acknowledgements(0)
  expect(rows.ended({ ageMs: 1, waiting: 0 })).toBe(0)
  rows.sample(100, 5_000)
  expect(rows.ended({ ageMs: 99, waiting: 0 })).toBe(0)
})

test('the count never goes back, and needs no new rows to go on', () => {
  const rows = new Acknowledgements(0)
  rows.sample(10, 100)
  expect(rows.ended({ ageMs: 20, waiting: 40 })).toBe(60)
  expect(rows.ended({ ageMs: 30, waiting: 90 })).toBe(60)
  rows.sample(40, 100)
  expect(rows.ended({ ageMs: 50, waiting: 0 })).toBe(100)
})

test('the two numbers are read from librdkafka’s statistics, whatever follows them', () => {
  const head =
    '{ "name": "ticklake#producer-1", "client_id": "ticklake", "type": "producer", "ts":1527060869, "time":1527060869, "age":2500000, "replyq":0, "msg_cnt":22710, '
  expect(queueStateOf(`${head}"brokers":{}, "msg_cnt":1}`)).toEqual({ ageMs: 2_500, waiting: 22_710 })
  expect(queueStateOf('{}')).toBeUndefined()
})
