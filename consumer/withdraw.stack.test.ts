// A refusal that an earlier release wrote although Kafka had lost nothing that had landed, and `consumer withdraw`.
import { s3Client } from '@ticklake/aws/config.ts'
import { truncationKey } from '@ticklake/contract/keys.ts'
import { run } from '@ticklake/testing/catalog-commands.ts'
import { ConsumerCase, expectOnce } from '@ticklake/testing/consumer-case.ts'
import { catalog } from '@ticklake/testing/in-process.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test } from 'vitest'
import { s3Store } from './s3.ts'

test('a partition that was refused although Kafka has all that landed is read again after `consumer withdraw`, and not by a restart', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  await produce(it.env, ticks(20, 1))
  const first = it.consumeHere({}, '--until-end')
  expect(await first.ended(), first.stderr).toBe(0)
  const { claims } = await it.landed(20)
  const lake = { prefix: it.env.LAKE_PREFIX!, dataset: it.env.LAKE_DATASET! }
  const client = s3Client({ s3PathStyle: true })
  const why = 'the record at offset 25 has landed, and Kafka has another one at this offset'
  const facts = JSON.stringify({ v: 1, partition: 0, why, foundAt: '2026-11-21T09:31:12.345Z' })
  const key = truncationKey(lake, claims[0]!.topicId, 0)
  await s3Store(client, it.env.LAKE_BUCKET!).putIfAbsent(key, facts, 'application/json')
  client.destroy()
  await produce(it.env, ticks(20, 1))

  const refused = it.consumeHere({}, '--until-end')
  expect(await refused.ended()).toBe(1)
  expect(refused.stderr).toMatch(/TOPIC_TRUNCATED[\s\S]*offset 25[\s\S]*consumer withdraw/)
  expect((await catalog(it.env, 'doctor')).stdout).toMatch(/TOPIC_TRUNCATED[\s\S]*consumer withdraw/)

  const withdrawn = await run(it.env, 'consumer', 'withdraw')
  expect(withdrawn.stdout).toMatch(
    /^partition 0: withdrawn: Kafka has the last landed record: offset 19, leader epoch \d+\nwithdraw: refused 1, withdrawn 1, staying 0\n$/,
  )
  expect(withdrawn.code).toBe(0)
  expect((await catalog(it.env, 'doctor')).stdout).not.toContain('TOPIC_TRUNCATED')
  const after = it.consumeHere({}, '--until-end')
  expect(await after.ended(), after.stderr).toBe(0)
  expectOnce(await it.landed(40), 40, 0)
})
