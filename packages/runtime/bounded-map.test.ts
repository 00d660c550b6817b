import { expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

test('beyond its limit, the oldest entry is dropped', () => {
  const map = new BoundedMap<string, number>(2).set('a', 1).set('b', 2).set('a', 3).set('c', 4)
  expect([...map]).toEqual([
    ['b', 2],
    ['c', 4],
  ])
  map.delete('b')
  expect([...map.set('b', 5).keys()], 'one that was deleted and set again is the newest').toEqual(['c', 'b'])
})
