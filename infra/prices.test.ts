import { expect, test } from 'vitest'
import { standingCosts, streamingCosts, total } from './prices.ts'
import { makeTemplate } from './template.ts'

test('every instance type that the template offers has a price', () => {
  for (const instanceType of makeTemplate().Parameters.InstanceType!.AllowedValues!) {
    expect(total(standingCosts({ instanceType, volumeGib: 10 }))).toBeGreaterThan(0.3)
  }
})

test('a day of the default stack is what the docs say', () => {
  const standing = total(standingCosts({ instanceType: 't3.small', volumeGib: 10 }))
  expect(standing.toFixed(2)).toBe('0.72')
  expect((standing + total(streamingCosts({ flushAfterMs: 60_000 }))).toFixed(2)).toBe('0.87')
  expect(total(standingCosts({ instanceType: 't4g.micro', volumeGib: 10 })).toFixed(2)).toBe('0.43')
})
