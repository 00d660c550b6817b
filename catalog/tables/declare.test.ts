// What `declare` does to a table that is there, against a Glue that is a map.
import type { TableInput } from '@aws-sdk/client-glue'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { expect, test } from 'vitest'
import { catalogConfig } from '../config.ts'
import { declare } from './declare.ts'
import { tableInput } from './table.ts'

/** Declares where this table is; out: the table after it, and what was said. */
async function declared(format: string, change: (there: TableInput) => void = () => {}, contract = 1) {
  const config = catalogConfig({ LAKE_BUCKET: 'bucket', LAKE_FORMAT: format, LAKE_DATASET: 'ticks' })
  const there = structuredClone(tableInput(config.lake, contract))
  change(there)
  const tables = new Map<string, TableInput>([[config.lake.table, there]])
  const glue = {
    ensureDatabase: async () => false,
    table: async (_database: string, name: string) => tables.get(name),
    createTable: async (_database: string, input: TableInput) => {
      tables.set(input.Name!, input)
      return true
    },
    replaceTable: async (_database: string, input: TableInput) => void tables.set(input.Name!, input),
    async *partitionValues() {},
    createPartitions: async () => 0,
  }
  const bucket = { async *folders() {}, async *list() {}, putOnce: async () => true }
  const said: string[] = []
  const options = { replace: false, say: (line: string) => said.push(line), nowMs: 0 }
  const failed = await declare({ glue, bucket } as never, config, options).then(
    () => undefined,
    (error) => error,
  )
  const columns = tables.get(config.lake.table)!.StorageDescriptor!.Columns!.map(({ Name }) => Name)
  return { said: said.join('\n'), failed, columns, wanted: tableInput(config.lake) }
}

test.each(['parquet', 'jsonl', 'json-object'])(
  'a %s table that an earlier release declared is brought up to date in place',
  async (format) => {
    const { said, failed, columns, wanted } = await declared(format)
    expect(failed).toBeUndefined()
    expect(said).toContain('brought up to date (columns: there index string')
    expect(columns).toEqual(wanted.StorageDescriptor!.Columns!.map(({ Name }) => Name))
    const again = await declared(format, () => {}, CONTRACT_VERSION)
    expect(again.said).toContain('there, as wanted')
  },
)

const columnsOf = (there: TableInput) => there.StorageDescriptor!.Columns!

test.each<[string, (there: TableInput) => void]>([
  [
    'another type',
    (there) => {
      columnsOf(there)[1]!.Type = 'string'
    },
  ],
  ['a column of its own', (there) => columnsOf(there).push({ Name: 'mine', Type: 'int' })],
  ['a column less', (there) => columnsOf(there).pop()],
  [
    'another folder',
    (there) => {
      there.StorageDescriptor!.Location = 's3://bucket/other/'
    },
  ],
])('one that somebody gave %s is left as it is', async (_what, change) => {
  const { failed, columns } = await declared('parquet', change)
  expect(failed).toMatchObject({ code: 'DECLARE_DIFFERS' })
  expect(columns).not.toContain('source')
})
