import { expect, it } from 'vitest'
import { scan } from './scan.ts'

const metadata = (location: string, fields: object[]) =>
  JSON.stringify({
    'format-version': 2,
    location,
    'current-schema-id': 1,
    schemas: [
      { 'schema-id': 0, fields: [] },
      { 'schema-id': 1, fields },
    ],
  })
const field = (id: number, name: string, type: unknown, required = false) => ({ id, name, required, type })

const columns = [
  field(1, 'Id', 'long', true),
  field(2, 'at', 'timestamptz'),
  field(3, 'price', 'decimal(9, 2)'),
  field(4, 'tags', { type: 'list', element: 'string' }),
  field(5, 'more', {
    type: 'map',
    key: 'string',
    value: { type: 'struct', fields: [field(6, 'x', 'uuid')] },
  }),
]
const objects: Record<string, string> = {
  'wh/db/trades/metadata/00000-a.metadata.json': metadata('s3://b/wh/db/trades', [field(1, 'old', 'int')]),
  'wh/db/trades/metadata/00002-c.metadata.json': metadata('s3a://b/wh/db/trades/', columns),
  'wh/db/trades/metadata/00001-b.metadata.json': metadata('s3://b/wh/db/trades', [field(1, 'old', 'int')]),
  'wh/db/trades/data/a.parquet': 'PAR1',
  'wh/db/broken/metadata/v1.metadata.json': '{"no":"table"}',
  'wh/tmp/x/metadata/v1.metadata.json': metadata('s3://b/wh/tmp/x', []),
}
const bucket = {
  async *list(_bucket: string, prefix: string) {
    for (const [key, text] of Object.entries(objects))
      if (key.startsWith(prefix)) yield { key, size: text.length }
  },
  read: async (_bucket: string, key: string) => Buffer.from(objects[key]!),
}
const scanned = (mostDepth = 20) =>
  scan(
    {
      crawler: 'c',
      tablePrefix: 'i_',
      targets: [],
      icebergTargets: [{ paths: ['s3://b/wh'], exclusions: ['tmp/**'], mostDepth }],
      grouping: {},
      knownLocations: [],
      classifiers: [],
    },
    bucket,
  )

it('an Iceberg target becomes tables with the columns of their newest metadata', async () => {
  const { tables, report } = await scanned()
  expect(tables).toHaveLength(1)
  expect(tables[0]!.table).toMatchObject({
    Name: 'i_trades',
    StorageDescriptor: { Location: 's3://b/wh/db/trades' },
    Parameters: {
      table_type: 'ICEBERG',
      metadata_location: 's3://b/wh/db/trades/metadata/00002-c.metadata.json',
      UPDATED_BY_CRAWLER: 'c',
    },
  })
  const found = tables[0]!.table.StorageDescriptor!.Columns!
  expect(found.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
    'id bigint',
    'at timestamp',
    'price decimal(9,2)',
    'tags array<string>',
    'more map<string,struct<x:string>>',
  ])
  expect(found[0]!.Parameters).toMatchObject({ 'iceberg.field.id': '1', 'iceberg.field.optional': 'false' })
  expect(Object.values(report.leftOut)).toMatchObject([
    { examples: ['s3://b/wh/db/broken/metadata/v1.metadata.json'] },
  ])
})

it('tables deeper than the target allows are not found', async () => {
  expect((await scanned(1)).tables).toEqual([])
})
