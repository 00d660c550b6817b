import { expect, test } from 'vitest'
import type { GlueService } from '../../glue/api/service.ts'
import type { Table } from '../../glue/api/shapes.ts'
import { unchanged } from '../sql/rewritten-sql.ts'
import { statementOf } from '../sql/statement.ts'
import { intoStoredText } from './typed-insert.ts'
import { storedTable } from './typed-view.ts'

const column = (Name: string, Type: string) => ({ Name, Type })
const table = {
  DatabaseName: 'db',
  Name: 't',
  PartitionKeys: [column('p', 'string')],
  StorageDescriptor: {
    Columns: [column('a', 'int'), column('d', 'date'), column('s', 'string')],
    SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde' },
  },
}
const glue = { getTable: async () => table } as unknown as GlueService
const engineSql = async (sql: string) =>
  intoStoredText(unchanged(sql), statementOf(sql), { database: 'db' }, glue)

const a = 'CAST(CAST("a" AS integer) AS varchar)'
const d = `CAST(date_diff('day', DATE '1970-01-01', "d") AS varchar)`

test.each([
  [
    'INSERT INTO t VALUES (1, NULL, x, y)',
    `INSERT INTO "db"."t|text" ("a", "d", "s", "p") SELECT ${a}, ${d}, "s", "p" FROM (VALUES (1, NULL, x, y)) AS "inserted" ("a", "d", "s", "p")`,
  ],
  [
    'INSERT INTO db.t ("S", A) SELECT 1, 2',
    `INSERT INTO "db"."t|text" ("s", "a") SELECT "s", ${a} FROM (SELECT 1, 2) AS "inserted" ("s", "a")`,
  ],
  [
    'INSERT INTO t (SELECT 1)',
    `INSERT INTO "db"."t|text" ("a", "d", "s", "p") SELECT ${a}, ${d}, "s", "p" FROM ((SELECT 1)) AS "inserted" ("a", "d", "s", "p")`,
  ],
  ['SELECT 1', 'SELECT 1'],
])('%s', async (sql, expected) => expect((await engineSql(sql)).sql).toBe(expected))

test('JSON is written by the keys that a table’s columns are mapped to', async () => {
  const json = {
    ...table,
    StorageDescriptor: {
      Columns: [column('UserId', 'int'), column('s', 'string')],
      SerdeInfo: {
        SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
        Parameters: { 'mapping.userid': 'user-ID', 'case.insensitive': 'true' },
      },
    },
  }
  const rewritten = await intoStoredText(
    unchanged('INSERT INTO t (p, userid) SELECT 1, 2'),
    statementOf('INSERT INTO t (p, userid) SELECT 1, 2'),
    { database: 'db' },
    { getTable: async () => json } as unknown as GlueService,
  )
  expect(rewritten.sql).toBe(
    'INSERT INTO "db"."t|text" ("p", "user-id") SELECT "p", "userid" FROM (SELECT 1, 2) AS "inserted" ("p", "userid")',
  )
  expect(storedTable(json as unknown as Table).StorageDescriptor!.Columns!.map(({ Name }) => Name)).toEqual([
    'user-id',
    's',
  ])
})

test('an error has its place in the user’s own statement', async () => {
  const { sql, inOwnPositions } = await engineSql('INSERT INTO t SELECT zz')
  expect(inOwnPositions(`line 1:${sql.indexOf('zz') + 1}: no zz`)).toBe('line 1:22: no zz')
})
