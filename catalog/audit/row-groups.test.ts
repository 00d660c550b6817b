// The queries of an audit: the hours and paths that they read, and names of the json-object format.
import { expect, test } from 'vitest'
import { catalogConfig } from '../config.ts'
import { topicId } from './fabricated-lake.fixture.ts'
import { rowGroupSql } from './row-groups.ts'

const scope = { topicId, after: undefined, changed: [], landedOffsets: new Map([[0, 250]]) }

test('all hours if none is verified; otherwise later ones and changed ones', () => {
  const { lake } = catalogConfig({ LAKE_DATABASE: 'stock-market-kafka' })
  expect(rowGroupSql(lake, scope, {})).toContain('FROM "stock-market-kafka"."ticks"\nWHERE true\n')
  expect(rowGroupSql(lake, { ...scope, after: '2026-11-21-09', changed: ['2026-11-01-03'] }, {})).toContain(
    "WHERE (dt > '2026-11-21' OR (dt = '2026-11-21' AND hour > '09') OR (dt = '2026-11-01' AND hour = '03'))",
  )
})

test('json-object: an object named after its own row is grouped under the template, up to the landed offset', () => {
  const { lake } = catalogConfig({ LAKE_FORMAT: 'json-object' })
  const sql = rowGroupSql(lake, scope, {})
  expect(sql).toContain(`stock_market_${topicId}-' || lpad(CAST(kafka_partition AS varchar), 5, '0') || '-`)
  expect(sql).toContain('CASE kafka_partition WHEN 0 THEN 250 ELSE 0 END')
})

test('a range of paths is part of the condition', () => {
  const { lake } = catalogConfig({ LAKE_BUCKET: 'some-lake' })
  const range = { from: "lake/ticks/it's", before: 'lake/ticks/z' }
  expect(rowGroupSql(lake, scope, range)).toContain(
    `WHERE true AND "$path" >= 's3://some-lake/lake/ticks/it''s' AND "$path" < 's3://some-lake/lake/ticks/z'\n`,
  )
})
