// Commits to Iceberg tables, on the real catalog and with files in memory.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GlueService, openGlue } from '../glue/api/service.ts'
import { fieldsOf } from '../glue/hive/iceberg-type.ts'
import { openIcebergRest } from '../glue/iceberg-rest/routes.ts'
import { newMetadata, type TableMetadata } from './metadata.ts'
import { withOpenTableFormats } from './open-table-format.ts'
import type { TableFiles } from './s3.ts'
import { type IcebergTables, openIcebergTables } from './tables.ts'

let dataDir: string
let glue: GlueService
let tables: IcebergTables
const files = new Map<string, string>()

const memory: TableFiles = {
  sampleKeys: async () => [],
  read: async (uri) => files.get(uri),
  write: async (uri, text) => void files.set(uri, text),
  remove: async (uris) => uris.forEach((uri) => void files.delete(uri)),
  removeFolder: async (uri) =>
    [...files.keys()].filter((key) => key.startsWith(uri)).forEach((key) => void files.delete(key)),
  [Symbol.dispose]: () => undefined,
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ticklake-iceberg-'))
  const s3Endpoint = 'http://127.0.0.1:1'
  glue = await openGlue({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint })
  tables = openIcebergTables(glue, memory)
  await glue.createDatabase({ Name: 'db' })
})

afterAll(async () => {
  await glue.close()
  rmSync(dataDir, { recursive: true })
})

const make = (name: string, properties: Record<string, string> = {}) =>
  tables.create(
    'db',
    name,
    newMetadata({
      location: `s3://b/${name}/`,
      fields: fieldsOf([{ Name: 'a', Type: 'int', Comment: 'first' }]),
      properties,
    }),
  )

const withProperty = (metadata: TableMetadata, name: string) => ({
  ...metadata,
  properties: { ...metadata.properties, [name]: 'x' },
})

const filesBelow = (folder: string) => [...files.keys()].filter((key) => key.startsWith(folder))

test('Glue’s entry names the metadata and has the columns', async () => {
  const { entry, metadataLocation } = await make('seen')
  expect(entry).toMatchObject({
    TableType: 'EXTERNAL_TABLE',
    Parameters: { table_type: 'ICEBERG', metadata_location: metadataLocation },
    StorageDescriptor: {
      Location: 's3://b/seen',
      Columns: [{ Name: 'a', Type: 'int', Comment: 'first', Parameters: { 'iceberg.field.id': '1' } }],
    },
  })
  expect(metadataLocation).toMatch(/^s3:\/\/b\/seen\/metadata\/00000-.*\.metadata\.json$/)
})

test('commits at the same time all land, and leave no file but their own', async () => {
  await make('busy')
  const names = Array.from({ length: 8 }, (_, i) => `p${i}`)
  await Promise.all(
    names.map((name) => tables.commit('db', 'busy', (metadata) => withProperty(metadata, name))),
  )
  const { metadata, metadataLocation } = await tables.load((await glue.getTable('db', 'busy'))!)
  expect(Object.keys(metadata.properties).sort()).toEqual(names)
  expect(metadata['metadata-log']).toHaveLength(8)
  expect(filesBelow('s3://b/busy/')).toHaveLength(9)
  expect(metadataLocation).toContain('/00008-')
})

test('a change that is refused writes nothing', async () => {
  await make('refused')
  const refuse = () => {
    throw new Error('no')
  }
  await expect(tables.commit('db', 'refused', refuse)).rejects.toThrow('no')
  expect(filesBelow('s3://b/refused/')).toHaveLength(1)
  await expect(make('refused')).rejects.toThrow('Table already exists.')
  expect(filesBelow('s3://b/refused/')).toHaveLength(1)
})

test('the log of metadata files is as long as the properties say, and old files go with it', async () => {
  await make('short', {
    'write.metadata.previous-versions-max': '2',
    'write.metadata.delete-after-commit.enabled': 'true',
  })
  for (const name of ['a', 'b', 'c', 'd']) {
    await tables.commit('db', 'short', (metadata) => withProperty(metadata, name))
  }
  expect(filesBelow('s3://b/short/')).toHaveLength(3)
})

test('a snapshot’s id keeps all its digits', async () => {
  const { metadataLocation } = await make('digits')
  const text = files.get(metadataLocation)!
  files.set(
    metadataLocation,
    text.replace('"snapshots":[]', '"snapshots":[{"snapshot-id":8395737237327452847}]'),
  )
  const committed = await tables.commit('db', 'digits', (metadata) => withProperty(metadata, 'a'))
  expect(files.get(committed.metadataLocation)).toContain('"snapshot-id":8395737237327452847')
})

test('a table goes with its files, or without them', async () => {
  const [gone, kept] = [await make('gone'), await make('kept')]
  await tables.drop(gone.entry)
  await tables.drop(kept.entry, 'keep')
  expect([filesBelow('s3://b/gone/').length, filesBelow('s3://b/kept/').length]).toEqual([0, 1])
  const again = await tables.register('db', 'again', kept.metadataLocation)
  expect(again.metadata['table-uuid']).toBe(kept.metadata['table-uuid'])
  await tables.rename(again.entry, 'db', 'other')
  expect(await glue.getTable('db', 'again')).toBeUndefined()
  files.delete(kept.metadataLocation)
  await expect(tables.load((await glue.getTable('db', 'other'))!)).rejects.toThrow(
    'Metadata not found in metadata location for table db.other',
  )
})

async function ask(operation: string, request: object): Promise<unknown> {
  const service = withOpenTableFormats(glue, glue, tables)
  const { text } = await service.handleText(
    operation,
    JSON.stringify({ DatabaseName: 'db', ...request }),
    'AK',
  )
  return JSON.parse(text as string)
}
const metadataOf = async (name: string) => (await tables.load((await glue.getTable('db', name))!)).metadata
const create = { IcebergInput: { MetadataOperation: 'CREATE', Version: '2' } }

test('Glue’s CreateTable makes an Iceberg table of Hive’s columns where OpenTableFormatInput asks for it', async () => {
  const StorageDescriptor = { Columns: [{ Name: 'a', Type: 'array<bigint>' }], Location: 's3://b/otf/' }
  const TableInput = {
    ...{ Name: 'OTF', Description: 'mine', Parameters: { team: 'x' }, StorageDescriptor },
    PartitionKeys: [{ Name: 'dt', Type: 'string' }],
  }
  expect(await ask('CreateTable', { TableInput, OpenTableFormatInput: create })).toEqual({})
  expect(await glue.getTable('db', 'otf')).toMatchObject({
    ...{ Name: 'otf', Description: 'mine', TableType: 'EXTERNAL_TABLE', PartitionKeys: [] },
    Parameters: { team: 'x', table_type: 'ICEBERG' },
    StorageDescriptor: {
      Columns: [
        { Name: 'a', Type: 'array<bigint>' },
        { Name: 'dt', Type: 'string' },
      ],
    },
  })
  const metadata = await metadataOf('otf')
  expect(metadata['partition-specs'][0]!.fields).toMatchObject([{ name: 'dt', transform: 'identity' }])
  await expect(
    ask('CreateTable', { TableInput: { Name: 'none' }, OpenTableFormatInput: create }),
  ).rejects.toMatchObject({ type: 'InvalidInputException', message: expect.stringContaining('Location') })
  await expect(
    ask('CreateTable', { TableInput, OpenTableFormatInput: { IcebergInput: {} } }),
  ).rejects.toMatchObject({ type: 'ValidationException' })
})

const fields = [
  { Id: 1, Name: 'id', Type: 'long', Required: true },
  {
    Id: 2,
    Name: 'tags',
    Type: { type: 'list', 'element-id': 3, element: 'string', 'element-required': false },
    Required: false,
  },
]

test('the same by a schema of Iceberg’s own, and UpdateTable changes it', async () => {
  const CreateIcebergTableInput = {
    ...{ Location: 's3://b/own', Schema: { Fields: fields }, Properties: { 'write.format.default': 'orc' } },
    PartitionSpec: { Fields: [{ SourceId: 1, Transform: 'bucket[4]', Name: 'id_bucket' }] },
  }
  const { IcebergInput } = create
  await ask('CreateTable', {
    Name: 'own',
    OpenTableFormatInput: { IcebergInput: { ...IcebergInput, CreateIcebergTableInput } },
  })
  const before = await metadataOf('own')
  expect(before).toMatchObject({
    properties: { 'write.format.default': 'orc' },
    'partition-specs': [{ fields: [{ 'source-id': 1, transform: 'bucket[4]' }] }],
  })
  const update = (Updates: object[]) =>
    ask('UpdateTable', {
      Name: 'own',
      UpdateOpenTableFormatInput: { UpdateIcebergInput: { UpdateIcebergTableInput: { Updates } } },
    })
  const Schema = { Fields: [...fields, { Id: 4, Name: 'price', Type: 'double', Required: false }] }
  const of = { Schema, Location: 's3://b/own' }
  await update([{ ...of, Properties: { owner: 'me' } }])
  const after = await metadataOf('own')
  expect(after['current-schema-id']).toBe(1)
  expect(after.properties).toEqual({ 'write.format.default': 'orc', owner: 'me' })
  expect((await glue.getTable('db', 'own'))!.StorageDescriptor!.Columns!.map(({ Name }) => Name)).toEqual([
    ...['id', 'tags', 'price'],
  ])
  await update([{ ...of, Action: 'remove-properties', Properties: { owner: '' } }])
  expect((await metadataOf('own')).properties).not.toHaveProperty('owner')
  await expect(update([{ ...of, Action: 'add-encryption-key' }])).rejects.toMatchObject({
    type: 'InvalidInputException',
  })
  await expect(update([{ ...of, Action: 'add-spec' }])).rejects.toThrow('PartitionSpec is required')
})

test('the REST endpoint makes tables of each version of the format, and has no namespace of several levels', async () => {
  const server = openIcebergRest({ glue, tables, accountId: '000000000000', region: 'us-east-1' })
  const ask = async (method: string, path: string, body?: object) => {
    const url = `/iceberg/v1/namespaces/${path}`
    const { status, text } = await server.answer({
      method,
      url,
      host: 'h',
      text: body ? JSON.stringify(body) : '',
    })
    return { status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const schema = { type: 'struct', fields: [{ id: 1, name: 'a', type: 'int', required: false }] }
  const made = (name: string, version: string) =>
    ask('POST', 'db/tables', {
      name,
      schema,
      location: `s3://b/${name}`,
      properties: { 'format-version': version },
    })
  expect((await made('first', '1')).body.metadata).toMatchObject({ 'format-version': 1, schema })
  expect((await made('fourth', '4')).status).toBe(400)

  const updates = [
    { action: 'upgrade-format-version', 'format-version': 1 },
    { action: 'set-location', location: 's3://b/staged' },
    { action: 'add-schema', schema },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec: { fields: [] } },
    { action: 'set-default-spec', 'spec-id': -1 },
  ]
  const staged = await ask('POST', 'db/tables/staged', { requirements: [{ type: 'assert-create' }], updates })
  expect(staged).toMatchObject({ status: 200, body: { metadata: { 'format-version': 1 } } })

  // Java's client requests the metadata table `db.first.snapshots` in this form.
  const nested = await ask('GET', 'db%1Ffirst/tables/snapshots')
  const error = { type: 'NoSuchTableException', message: 'Table does not exist: db.first.snapshots' }
  expect(nested).toMatchObject({ status: 404, body: { error } })
  expect(await ask('HEAD', 'db%1Ffirst')).toMatchObject({ status: 404 })
})
