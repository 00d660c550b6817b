// What `declare` does to an existing table, with an in-memory Glue.
import type { TableInput } from '@aws-sdk/client-glue'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { expect, test } from 'vitest'
import { catalogConfig } from '../config.ts'
import { declare } from './declare.ts'
import { tableInput } from './table.ts'

/** Declares with this existing table; out: the table afterwards, and the report. */
async function declared(format: string, change: (existing: TableInput) => void = () => {}, contract = 1) {
  const config = catalogConfig({ LAKE_BUCKET: 'bucket', LAKE_FORMAT: format, LAKE_DATASET: 'ticks' })
  const existing = structuredClone(tableInput(config.lake, contract))
  change(existing)
  const tables = new Map<string, TableInput>([[config.lake.table, existing]])
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
  'a %s table that an earlier release declared is updated in place',
  async (format) => {
    const { said, failed, columns, wanted } = await declared(format)
    expect(failed).toBeUndefined()
    expect(said).toContain('updated (columns: found index string')
    expect(columns).toEqual(wanted.StorageDescriptor!.Columns!.map(({ Name }) => Name))
    const again = await declared(format, () => {}, CONTRACT_VERSION)
    expect(again.said).toContain('exists as wanted')
  },
)

const columnsOf = (existing: TableInput) => existing.StorageDescriptor!.Columns!

test.each<[string, (existing: TableInput) => void]>([
  [
    'another type',
    (existing) => {
      columnsOf(existing)[1]!.Type = 'string'
    },
  ],
  ['an additional column', (existing) => columnsOf(existing).push({ Name: 'mine', Type: 'int' })],
  ['a missing column', (existing) => columnsOf(existing).pop()],
  [
    'another folder',
    (existing) => {
      existing.StorageDescriptor!.Location = 's3://bucket/other/'
    },
  ],
])('a table that someone gave %s is not changed', async (_what, change) => {
  const { failed, columns } = await declared('parquet', change)
  expect(failed).toMatchObject({ code: 'DECLARE_DIFFERS' })
  expect(columns).not.toContain('source')
})
