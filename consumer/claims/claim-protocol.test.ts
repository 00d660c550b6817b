import type { Claim } from '@ticklake/contract/claim.ts'
import { expect, test } from 'vitest'
import { firstStep, nextStep, type Step } from './claim-protocol.ts'

function claim(S: number, E: number, more: Partial<Claim> = {}): Claim {
  return {
    v: 1,
    topic: 't',
    topicId: '0'.repeat(32),
    partition: 0,
    S,
    E,
    nonce: `${S}-${E}`,
    encoder: 'parquet/1',
    contract: 1,
    files: [{ key: `p/d/dt=2026-01-01/hour=00/${S}-${E}.parquet`, rows: E - S }],
    dead: 0,
    gaps: 0,
    skipped: 0,
    ...more,
  }
}

const able = () => 'writes' as const
const unable = () => 'cannot-write' as const
const tooNew = () => 'too-new' as const

test('two writers with the same S and different lengths: the second adopts the first one’s range', () => {
  const [theirs, ours] = [claim(10, 20), claim(10, 35)]
  const put: Step = { at: 'put-claim', claim: ours }
  const read = nextStep(put, { of: 'put-claim', result: 'exists' }, able)
  expect(read).toEqual({ at: 'read-claim', claim: ours })
  const collect = nextStep(read, { of: 'read-claim', claim: theirs }, able)
  expect(collect).toEqual({ at: 'collect-claim', claim: theirs })
  const again = { ...theirs, nonce: 'built again' }
  expect(nextStep(collect, { of: 'collect-claim', claim: again }, able)).toEqual({
    at: 'put-files',
    claim: theirs,
  })
})

test('an existing claim with our own nonce is ours: only its answer was lost', () => {
  const ours = claim(10, 20)
  expect(nextStep({ at: 'read-claim', claim: ours }, { of: 'read-claim', claim: ours }, able)).toEqual({
    at: 'put-files',
    claim: ours,
  })
})

test('an unfinished claim is finished by a consumer that can write it, and refused by one that cannot', () => {
  const tail = claim(0, 10, { contract: 99 })
  const check = nextStep(firstStep, { of: 'find-tail', tail, landed: undefined }, able)
  expect(check).toEqual({ at: 'check-tail', claim: tail })
  const unfinished = { of: 'check-tail', complete: false } as const
  expect(nextStep(check, unfinished, able)).toEqual({ at: 'collect-claim', claim: tail })
  expect(nextStep(check, unfinished, unable)).toMatchObject({
    at: 'refuse',
    problem: { kind: 'unknown-encoder' },
  })
  expect(nextStep(check, { of: 'check-tail', complete: true }, unable), 'finished: nothing to write').toEqual(
    {
      at: 'collect',
      from: 10,
    },
  )
})

test('a claim of a newer contract stops the chain, even if it is complete or skips records', () => {
  const tail = claim(0, 10, { contract: 99 })
  const newer = { at: 'refuse', problem: { kind: 'newer-contract' } }
  expect(
    nextStep({ at: 'check-tail', claim: tail }, { of: 'check-tail', complete: true }, tooNew),
  ).toMatchObject(newer)
  const skip = claim(0, 10, { contract: 99, files: [], skipped: 10, nonce: 'theirs' })
  const read: Step = { at: 'read-claim', claim: claim(0, 5) }
  expect(nextStep(read, { of: 'read-claim', claim: skip }, tooNew)).toMatchObject(newer)
})

test('records that are not those of the claim are refused, not written', () => {
  const stored = claim(0, 10)
  const step: Step = { at: 'collect-claim', claim: stored }
  for (const seen of [
    claim(0, 10, { files: [{ ...stored.files[0]!, rows: 9 }], gaps: 1 }),
    claim(0, 10, { files: [{ ...stored.files[0]!, rows: 9 }], dead: 1 }),
    claim(0, 10, { files: [] }),
  ]) {
    const next = nextStep(step, { of: 'collect-claim', claim: seen }, able)
    expect(next).toMatchObject({ at: 'refuse', problem: { kind: 'claim-disagrees' } })
  }
})

test('the order is claim, files, announcement, dead-letter file, commit', () => {
  const all = claim(0, 10, { dead: 1, files: [{ key: 'k', rows: 9 }] })
  const order: string[] = []
  let step: Step = { at: 'put-claim', claim: all }
  while (step.at !== 'collect') {
    order.push(step.at)
    const result = step.at === 'put-claim' ? 'stored' : step.at === 'announce' ? 'sent' : undefined
    const outcome = { of: step.at, ...(result && { result }) }
    step = nextStep(step, outcome as Parameters<typeof nextStep>[1], able)
  }
  expect(order).toEqual(['put-claim', 'put-files', 'announce', 'put-dead', 'commit'])
  expect(step).toEqual({ at: 'collect', from: 10 })
})

test('an announcement that cannot be sent is recorded as pending, before the dead-letter file', () => {
  const dead = claim(0, 10, { dead: 10, files: [] })
  const pending = nextStep({ at: 'announce', claim: dead }, { of: 'announce', result: 'pending' }, able)
  expect(pending).toEqual({ at: 'defer-announcement', claim: dead })
  expect(nextStep(pending, { of: 'defer-announcement' }, able)).toEqual({ at: 'put-dead', claim: dead })
})
