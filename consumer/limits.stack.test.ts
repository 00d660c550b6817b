// The consumer at its limits: records larger than its buffer, many partitions, arbitrary bytes, a clock that jumps.
import { randomBytes } from 'node:crypto'
import { sleep } from '@ticklake/runtime/process.ts'
import { ConsumerCase, expectOnce } from '@ticklake/testing/consumer-case.ts'
import { createTopic, type Produced, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'

const MIB = 1024 * 1024

test.concurrent('records larger than the whole buffer land, good and rejected ones, and the rejected ones are announced', async (scope) => {
  const it = new ConsumerCase(scope, { CONSUMER_BUFFER_BYTES: String(MIB), CONSUMER_FLUSH_BYTES: '2048' })
  await createTopic(it.env, 1, { 'max.message.bytes': String(8 * MIB) })
  const [good] = [...ticks(1, 1)]
  const padded = Buffer.concat([
    good!.value!.subarray(0, -1),
    Buffer.from(`,"note":"${'x'.repeat(3 * MIB)}"}`),
  ])
  await produce(it.env, [
    ...ticks(10, 1),
    { value: padded, partition: 0 },
    { value: randomBytes(4 * MIB), partition: 0 },
    ...ticks(10, 1),
  ])
  it.consumeHere()
  const { letters } = await it.expectOnce(21, 1)
  expect(Buffer.from(letters[0]!.value as string, 'base64')).toHaveLength(4 * MIB)
})

test.concurrent('keys, values and headers of any bytes are validated, and rejected ones are kept byte for byte', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  const bytes = [
    Buffer.alloc(0),
    Buffer.from([0]),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('\u2028"\\\n'),
    randomBytes(64),
  ]
  const odd: Produced[] = bytes.flatMap((key) => bytes.map((value) => ({ key, value, partition: 0 })))
  const good = [...ticks(bytes.length, 1)].map((tick, i) => ({ ...tick, key: bytes[i]! }))
  await produce(it.env, [...odd, ...good])
  it.consumeHere()
  const { letters } = await it.expectOnce(good.length, odd.length)
  const kept = letters.map(({ key, value }) => [key, value])
  // The client does not distinguish an empty key from none.
  const sent = odd.map(({ key, value }) => [key, value].map((part) => Buffer.from(part!).toString('base64')))
  expect(kept.map((pair) => pair.map((part) => part ?? ''))).toEqual(sent)
})

test.concurrent('a topic of nothing but poison ends in dead files, and the chain continues', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  await produce(it.env, [
    { value: null, partition: 0 },
    { value: Buffer.from('not a tick'), partition: 0 },
    { value: Buffer.from([0xff, 0x00, 0x7b]), partition: 0 },
  ])
  it.consumeHere()
  const lake = await it.expectOnce(0, 3)
  expect(lake.objects).toEqual([])
})

test.concurrent('a clock that jumps by hours in both directions is harmless: paths come from the broker’s time', async (scope) => {
  const it = new ConsumerCase(scope, { CONSUMER_FLUSH_ROWS: '200' })
  await createTopic(it.env, 2)
  const jumping = `
    const Steady = Date
    let turn = 0
    setInterval(() => turn++, 50).unref()
    const now = () => Steady.now() + [0, 1, -1, 400][turn % 4] * 86_400_000
    globalThis.Date = class Date extends Steady {
      constructor(...parts) {
        super(...(parts.length === 0 ? [now()] : parts))
      }
      static now = now
      // Node's own dates, such as those of files, are of the class before.
      static [Symbol.hasInstance] = (value) => value instanceof Steady
    }
  `
  it.consume({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(jumping)}` })
  const before = new Date().toISOString().slice(0, 10)
  await produce(it.env, ticks(5_000, 2, 500))
  const { objects } = await it.expectOnce(4_990, 10)
  const days = new Set(objects.map((key) => /dt=([^/]+)/.exec(key)![1]))
  expect([...days].every((day) => day === before || day === new Date().toISOString().slice(0, 10))).toBe(true)
})

test('a thousand partitions', async (scope) => {
  const partitions = 1_000
  const it = new ConsumerCase(scope, { CONSUMER_FLUSH_AFTER_MS: '3000' })
  await createTopic(it.env, partitions)
  await produce(it.env, ticks(3 * partitions, partitions))
  const consumer = it.consume()
  await consumer.logged('partitions assigned')
  // To read a thousand claims again and again takes more than all that the consumer does.
  const batches = () => consumer.stderr.match(/batch landed/g)?.length ?? 0
  while (batches() < partitions && !consumer.hasEnded) await sleep(500)
  expectOnce(await it.landed(3 * partitions), 3 * partitions, 0)
  expect(await consumer.stop()).toBe(0)
})
