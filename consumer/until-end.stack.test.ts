// `consumer run --until-end`: for scheduled jobs and scripts, which wait for an end instead of a time.
import { ConsumerCase, expectOnce } from '@ticklake/testing/consumer-case.ts'
import { readLake } from '@ticklake/testing/lake-reader.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { produceInTransaction } from '@ticklake/testing/topic-changes.ts'
import { expect, test } from 'vitest'

test.for(['batches', 'client'])(
  'everything that the topic has lands without waiting for a flush age, and it ends with 0 (%s)',
  async (reader, scope) => {
    const it = new ConsumerCase(scope, { CONSUMER_READER: reader, CONSUMER_FLUSH_AFTER_MS: '600000' })
    await createTopic(it.env, 3)
    const empty = it.consume({}, '--until-end')
    expect(await empty.ended(), empty.stderr).toBe(0)

    await produce(it.env, ticks(300, 2, 30))
    // A marker of a transaction is an offset without a record, here the last one.
    await produceInTransaction(it.env, 0, [Buffer.from('{}')], 'abort')
    const first = it.consumeHere({}, '--until-end')
    expect(await first.ended(), first.stderr).toBe(0)
    expect(first.stderr).toContain('every record that the topic had at the start has landed')
    expectOnce(await readLake(it.env), 290, 10)

    await produce(it.env, ticks(30, 3))
    const second = it.consumeHere({}, '--until-end')
    expect(await second.ended(), second.stderr).toBe(0)
    expectOnce(await readLake(it.env), 320, 10)
  },
)
