// What an audit treats as landed while a partition begins an era.
import { type Claim, claimText, ERA_CLAIM_VERSION } from '@ticklake/contract/claim.ts'
import { claimKey } from '@ticklake/contract/keys.ts'
import { memoryStore } from '@ticklake/testing/memory-store.ts'
import { expect, test } from 'vitest'
import { claimOf, fixtureLake, topicId } from './fabricated-lake.fixture.ts'
import { LandingWait } from './landing-wait.ts'

test.for([60, 0])(
  'records that seemed to have landed are waited for again when their partition begins an era (end offset %d)',
  async (end) => {
    const bucket = memoryStore()
    const old = claimOf(0, 0, 100)
    bucket.objects.set(claimKey(fixtureLake, topicId, 0, 0), claimText(old))
    for (const { key } of old.files) bucket.objects.set(key, 'rows')
    const aws = { bucket, glue: {} } as unknown as ConstructorParameters<typeof LandingWait>[0]
    const wait = new LandingWait(aws, fixtureLake as never, { waitMs: 1 })
    // Kafka has lost records that have landed, and has others in their place, or none.
    const topic = { topic: 't', topicId, partitions: [{ partition: 0, low: 0, end }] }
    expect(await wait.ofClaims(topic)).toBe(true)
    expect(wait.hasEraSince(0, 0)).toBe(false)
    expect(await wait.ofEra(topic), 'no consumer has noticed').toBe(false)

    const kafkaOffset = Math.max(0, end - 10)
    const begins = {
      kafkaOffset,
      why: 'test',
      foundAt: '2026-11-26T00:00:00.000Z',
      replacedTo: 100,
    }
    const era = { number: 1, shift: 101 - kafkaOffset, landedBefore: 100 }
    const first: Claim = { ...claimOf(0, 100, 101, { gaps: 1 }), v: ERA_CLAIM_VERSION, era, begins }
    bucket.objects.set(claimKey(fixtureLake, topicId, 0, 100), claimText(first))
    expect(wait.hasEraSince(0, era.shift)).toBe(true)
    expect(await wait.ofEra(topic)).toBe(true)
    expect(await new LandingWait(aws, fixtureLake as never, {}).ofEra(topic), 'without --wait').toBe(false)
    expect(await wait.ofClaims(topic), 'records of the new era').toBe(end === 0)
  },
)
