// Rows compared with records: by blocks, then row by row in differing blocks; what cannot be compared is reported.
import { columns } from '@ticklake/contract/columns.ts'
import { expect, test } from 'vitest'
import { ContentCheck } from './content-check.ts'
import { comparedColumns, type ExpectedRow, expectedColumn, rowDigest } from './row-digest.ts'

const { compared } = comparedColumns(new Map(columns.map(({ name, glue }) => [name, glue as string])))

const rowOf = (offset: number, close = 1): ExpectedRow => ({
  offset,
  timestampMs: 1_790_000_000_000,
  canonical: Buffer.from(
    `{"index":"HSI","date":"2021-05-31","open":1,"high":2,"low":1,"close":${close},"adj_close":null,"volume":1,"close_usd":null}`,
  ),
})

/** Answers like Athena for a table with these rows of partition 0. */
function athenaWith(rows: readonly ExpectedRow[]) {
  const queries: string[] = []
  const isAsked = (sql: string, { offset }: ExpectedRow) =>
    [...sql.matchAll(/kafka_offset >= (\d+) AND kafka_offset < (\d+)/g)].some(
      ([, from, to]) => offset >= Number(from) && offset < Number(to),
    )
  return {
    queries,
    rows: async (sql: string) => {
      queries.push(sql)
      const asked = rows.filter((row) => isAsked(sql, row))
      if (sql.includes('"$path"')) {
        return asked.map((row) => [
          '0',
          `${row.offset}`,
          's3://b/o',
          ...compared.flatMap((c) => expectedColumn(row, c)),
        ])
      }
      if (!sql.includes('GROUP BY'))
        return asked.map((row) => ['0', `${row.offset}`, `${rowDigest(row, compared)}`])
      const blocks = Map.groupBy(asked, ({ offset }) => Math.floor(offset / 1000))
      return [...blocks].map(([block, some]) => [
        '0',
        `${block}`,
        `${some.length}`,
        `${some.reduce((sum, row) => sum + rowDigest(row, compared), 0n)}`,
      ])
    },
  }
}

async function check(table: readonly ExpectedRow[], records: readonly ExpectedRow[]) {
  const athena = athenaWith(table)
  const target = { athena, options: {}, database: 'd', table: 't', topicId: '0', compared }
  const content = await ContentCheck.open(target, [{ partition: 0, from: 0, to: 5_000 }])
  const partition = content.partition(0)
  for (const record of records) partition.expect(record)
  partition.end()
  return { ...(await content.result()), queries: athena.queries.length }
}

const many = Array.from({ length: 2_500 }, (_, offset) => rowOf(offset))

test('equal rows are compared by one query, whatever their number', async () => {
  expect(await check(many, many)).toEqual({
    compared: 2_500,
    changed: 0,
    uncompared: [],
    findings: [],
    queries: 1,
  })
})

test('a changed price is found in its block, and named with both values', async () => {
  const { compared: rows, changed, findings } = await check(many.with(1_234, rowOf(1_234, 1.5)), many)
  expect([rows, changed]).toEqual([2_500, 1])
  expect(findings).toEqual([
    expect.objectContaining({
      kind: 'content',
      what: 'partition 0, offset 1234 in s3://b/o: close is 1.5, and 1 in Kafka',
    }),
  ])
})

test('a record without a row, and a row without a record, are not compared, and reported', async () => {
  const gap = many.filter(({ offset }) => offset !== 7)
  expect(await check(gap, many)).toMatchObject({
    compared: 2_499,
    changed: 0,
    uncompared: ['1 record without a row in Athena'],
  })
  const short = many.slice(0, 2_000)
  expect(await check(many, short)).toMatchObject({
    compared: 2_000,
    uncompared: ['500 rows of records that Kafka has compacted'],
    findings: [],
  })
})
