import { expect, test } from 'vitest'
import { campaignLine, isGood } from './campaign.ts'

const good = { rounds: 3, faults: 14, rows: 108_000, dead: 60, lost: 0, twice: 0, failed: [] }

test('the last line has the sums', () => {
  expect(campaignLine(good)).toBe('faults: rounds 3, faults 14, rows 108000, dead 60, lost 0, twice 0')
})

test('a campaign is good only if it did something and nothing was wrong', () => {
  expect(isGood(good)).toBe(true)
  expect(isGood({ ...good, rounds: 0 }), 'no round').toBe(false)
  expect(isGood({ ...good, faults: 0 }), 'no fault').toBe(false)
  expect(isGood({ ...good, lost: 1 }), 'lost').toBe(false)
  expect(isGood({ ...good, twice: 1 }), 'twice').toBe(false)
  expect(isGood({ ...good, failed: [7] }), 'a reader that saw an error').toBe(false)
})
