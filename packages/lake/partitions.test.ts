// Hours are UTC in every time zone, and only real hours of the table's folder are partitions.
import { afterEach, expect, test } from 'vitest'
import { hourName, hourOfKey, hoursAround, partitionInput } from './partitions.ts'

const lake = { bucket: 'b', prefix: 'lake', dataset: 'ticks' }
const zone = process.env.TZ
afterEach(() => {
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
})

test.each(['UTC', 'America/Los_Angeles', 'Asia/Kolkata', 'Pacific/Kiritimati'])(
  'the coming hours are UTC hours with TZ=%s, over the end of a year',
  (tz) => {
    process.env.TZ = tz
    expect(hoursAround(Date.parse('2026-12-31T22:59:59.999Z'), 2).map(hourName)).toEqual([
      '2026-12-31-21',
      '2026-12-31-22',
      '2026-12-31-23',
      '2027-01-01-00',
    ])
  },
)

test('48 hours ahead are 50 hours, all different, also where clocks are put forward', () => {
  process.env.TZ = 'America/Los_Angeles'
  const names = hoursAround(Date.parse('2026-03-08T09:30:00Z'), 48).map(hourName)
  expect(new Set(names).size).toBe(50)
})

test.each([
  ['lake/ticks/dt=2026-11-21/hour=09/', '2026-11-21-09'],
  ['lake/ticks/dt=2026-11-21/hour=09/x.parquet', '2026-11-21-09'],
  ['lake/ticks/dt=2026-11-21/hour=24/', undefined],
  ['lake/ticks/dt=2026-13-41/hour=09/', undefined],
  ['lake/ticks/dt=2026-11-21/', undefined],
  ['lake/ticks/x.parquet', undefined],
  ['lake/ticks_jsonl/dt=2026-11-21/hour=09/', undefined],
])('%s is in %s', (key, name) => {
  const hour = hourOfKey(lake, key)
  expect(hour && hourName(hour)).toBe(name)
})

test('a partition is the table’s storage at the hour’s folder', () => {
  expect(
    partitionInput(
      lake,
      { dt: '2026-11-21', hour: '09' },
      { InputFormat: 'f', Location: 's3://b/lake/ticks/' },
    ),
  ).toEqual({
    Values: ['2026-11-21', '09'],
    StorageDescriptor: { InputFormat: 'f', Location: 's3://b/lake/ticks/dt=2026-11-21/hour=09/' },
  })
})
