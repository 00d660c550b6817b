import { expect, test } from 'vitest'
import { CountWatch } from './count-watch.ts'

test('a count that rises or stays is right', () => {
  const watch = new CountWatch()
  for (const rows of [0, 10, 10, 25]) expect(watch.take(rows, rows)).toBeUndefined()
  expect(watch).toMatchObject({ answers: 4, last: 25 })
})

test('a duplicate row is detected, and a falling count', () => {
  const watch = new CountWatch()
  expect(watch.take(10, 9)).toBe('a reader saw duplicates of 1 of 10 rows')
  expect(watch.take(8, 8)).toBe('a reader saw the count fall from 10 to 8')
  expect(watch.take(9, 9), 'it fell and has not come back').toBe('a reader saw the count fall from 10 to 9')
})
