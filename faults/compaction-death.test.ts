import { compactedKey, dataKey, manifestKey, switchedKey, tableKey } from '@ticklake/contract/keys.ts'
import { randomOf } from '@ticklake/testing/random.ts'
import { expect, test } from 'vitest'
import { compactionPointOf, compactionPoints, deathText, drawDeaths } from './compaction-death.ts'

const drawn = Array.from({ length: 300 }, (_, seed) => drawDeaths(randomOf(seed)))

test('a compaction is killed one to three times, in the order in which its points are reached', () => {
  for (const deaths of drawn) {
    expect(deaths.length).toBeGreaterThan(0)
    expect(deaths.length).toBeLessThanOrEqual(3)
    const order = deaths.map(({ point }) => compactionPoints.indexOf(point))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  }
})

test('a compaction is killed at every point, before and after its request is carried out', () => {
  const kinds = new Set(drawn.flat().map(({ point, carriedOut }) => `${point} ${carriedOut}`))
  expect(kinds.size).toBe(compactionPoints.length * 2)
})

test('requests are mapped to the points of a compaction', () => {
  const lake = { prefix: 'p', dataset: 'ticks' }
  const path = { dt: '2026-01-01', hour: '00' }
  const range = { topicId: '0'.repeat(32), partition: 0, S: 0, E: 9 }
  // A key as the SDK sends it.
  const at = (key: string) => `/b/${key.replaceAll('=', '%3D')}`
  const pointOf = (method: string, target: string) => compactionPointOf(method, target, '')
  expect(pointOf('GET', `${at(dataKey(lake, path, range, 'parquet'))}?x-id=GetObject`)).toBe(
    'reading an object',
  )
  expect(pointOf('GET', '/b?list-type=2&prefix=p%2Fticks%2Fdt%3D2026-01-01%2Fhour%3D00%2F')).toBeUndefined()
  expect(pointOf('PUT', at(compactedKey(lake, path, '000001-ab', range, 'parquet')))).toBe(
    'writing an object of the run',
  )
  expect(pointOf('PUT', at(manifestKey(lake, path, 1)))).toBe('writing the manifest')
  expect(pointOf('PUT', at(switchedKey(lake, path, 1)))).toBe('marking the switch')
  expect(pointOf('POST', '/b?delete=')).toBe('deleting the old objects')
  expect(pointOf('PUT', at(tableKey(lake, 'd', 't')))).toBeUndefined()
  expect(compactionPointOf('POST', '/', 'AWSGlue.UpdatePartition')).toBe('switching the table')
  expect(compactionPointOf('POST', '/', 'AWSGlue.GetPartitions')).toBeUndefined()
})

test('a kill as text', () => {
  expect(deathText({ point: 'writing the manifest', nth: 1, carriedOut: true })).toBe(
    'kill -9 the compaction writing the manifest, after the request was carried out',
  )
  expect(deathText({ point: 'reading an object', nth: 3, carriedOut: false })).toBe(
    'kill -9 the compaction reading an object (number 3)',
  )
})
