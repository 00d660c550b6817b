// Which ranges of paths an audit reads in one query each.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PathRange, pathRanges } from './path-ranges.ts'

test('a small lake is one query without bounds', () => {
  expect(pathRanges([], 10)).toEqual([{}])
  expect(
    pathRanges(
      [
        { key: 'b', rows: 4 },
        { key: 'a', rows: 6 },
      ],
      10,
    ),
  ).toEqual([{}])
})

test('a large one is divided between objects, in the order of their paths', () => {
  const objects = ['c', 'a', 'd', 'b'].map((key) => ({ key, rows: 5 }))
  expect(pathRanges(objects, 10)).toEqual([{ before: 'c' }, { from: 'c' }])
  expect(pathRanges(objects, 4)).toEqual([
    { before: 'b' },
    { from: 'b', before: 'c' },
    { from: 'c', before: 'd' },
    { from: 'd' },
  ])
})

test('each path is in exactly one range, and no range of several objects has more rows than wanted', () => {
  const object = fc.record({ key: fc.stringMatching(/^[a-f/]{1,6}$/), rows: fc.nat(50) })
  fc.assert(
    fc.property(fc.uniqueArray(object, { selector: ({ key }) => key }), fc.nat(80), (objects, mostRows) => {
      const ranges = pathRanges(objects, mostRows)
      for (const { key } of objects) expect(ranges.filter((range) => isIn(range, key))).toHaveLength(1)
      for (const range of ranges) {
        const inside = objects.filter(({ key, rows }) => rows > 0 && isIn(range, key))
        const rows = inside.reduce((sum, each) => sum + each.rows, 0)
        expect(inside.length <= 1 || rows <= mostRows).toBe(true)
      }
    }),
  )
})

function isIn({ from, before }: PathRange, key: string): boolean {
  return (from === undefined || key >= from) && (before === undefined || key < before)
}
