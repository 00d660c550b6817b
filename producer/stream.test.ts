import { expect, test } from 'vitest'
import type { Message } from './message.ts'
import { makePace } from './pace.ts'
import { sendAll } from './stream.ts'

const message = (i: number): Message => ({ key: 'HSI', value: Buffer.from(String(i)) })

async function* batches(count: number, size: number) {
  for (let at = 0; at < count; at += size) {
    yield Array.from({ length: Math.min(size, count - at) }, (_, i) => message(at + i))
  }
}

/** Takes `capacity` rows, then is full until drained(). */
function narrowWriter(capacity: number) {
  const written: number[] = []
  let waiting = 0
  return {
    written,
    write({ value }: Message) {
      if (waiting === capacity) return false
      waiting++
      written.push(Number(value.toString()))
      return true
    },
    async drained() {
      waiting = 0
    },
  }
}

const going = () => new AbortController().signal
const inOrder = (count: number) => Array.from({ length: count }, (_, i) => i)

test('a full queue delays rows and loses none, in order', async () => {
  const writer = narrowWriter(7)
  await sendAll({ batches: batches(1_000, 100), writer, pace: makePace('max'), mostRows: 0, signal: going() })
  expect(writer.written).toEqual(inOrder(1_000))
})

test('the limit of rows is exact', async () => {
  const writer = narrowWriter(1_000)
  await sendAll({
    batches: batches(1_000, 100),
    writer,
    pace: makePace('max'),
    mostRows: 250,
    signal: going(),
  })
  expect(writer.written).toEqual(inOrder(250))
})

test('a rate delays rows', async () => {
  const writer = narrowWriter(1_000)
  const start = performance.now()
  await sendAll({ batches: batches(100, 40), writer, pace: makePace(200), mostRows: 0, signal: going() })
  expect(performance.now() - start).toBeGreaterThan(450)
  expect(writer.written).toEqual(inOrder(100))
})

test('a signal stops between two rows, even while the pace waits', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 50)
  const writer = narrowWriter(1_000)
  const stopped = sendAll({
    batches: batches(10, 10),
    writer,
    pace: makePace(0.01),
    mostRows: 0,
    signal: controller.signal,
  })
  await stopped
  expect(writer.written).toEqual([0])
})
