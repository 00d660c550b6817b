import { expect, test } from 'vitest'
import { parseStartPoint, startPointText } from './start-point.ts'

test.each([
  ['earliest', 'earliest'],
  ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ['2026-11-21T09:30', '2026-11-21T09:30:00.000Z'],
  ['2026-11-21T09:30:01.5Z', '2026-11-21T09:30:01.500Z'],
  ['2026-11-21T09:30:00+02:00', '2026-11-21T07:30:00.000Z'],
])('%s begins at %s in every time zone', (text, same) => {
  expect(startPointText(parseStartPoint(text))).toBe(same)
  expect(startPointText(parseStartPoint(same))).toBe(same)
})

test.each([
  '',
  'latest',
  '2026-02-30',
  '2026-13-01',
  '21.11.2026',
  '1763715600',
  '2026-11-21 09:30',
  '2026-11-21T25:00Z',
])('%s is refused', (text) => {
  expect(() => parseStartPoint(text)).toThrow('must be `earliest`')
})
