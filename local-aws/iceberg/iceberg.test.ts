// Iceberg's metadata without a server: types, ids, partitions, updates and requirements.
import { describe, expect, test } from 'vitest'
import { describedType, fieldsOf, hiveTypeText } from '../glue/hive/iceberg-type.ts'
import { currentSchema, newMetadata, type TableMetadata } from './metadata.ts'
import { partitionSpec } from './partition-spec.ts'
import { type Requirement, unmet } from './requirements.ts'
import { type Update, updated } from './updates.ts'

const columns = (text: string) =>
  text.split(';').map((column) => ({ Name: column.split(' ')[0]!, Type: column.split(' ')[1]! }))

const made = newMetadata({
  location: 's3://b/t//',
  fields: fieldsOf(columns('a bigint;b array<struct<c:int,d:map<string,decimal(9,2)>>>;e string')),
  spec: partitionSpec(
    [{ column: 'e', function: 'truncate', argument: 3 }],
    fieldsOf(columns('x int;y int;e string')),
  ),
})

test.each([
  ['struct<a:int,b:array<string>>', 'struct<a: int, b: array<string>>'],
  ['map<string,decimal(10,2)>', 'map<string, decimal(10, 2)>'],
  ['bigint', 'bigint'],
  ['timestamp', 'timestamp'],
  ['binary', 'binary'],
])('%s is the same type there and back', (hive, described) => {
  const [field] = fieldsOf([{ Name: 'x', Type: hive }])
  expect([hiveTypeText(field!.type), describedType(field!.type)]).toEqual([hive, described])
})

test.each([
  ['varchar(10)', 'string'],
  ['char(3)', 'string'],
  ['tinyint', 'int'],
  ['smallint', 'int'],
  ['decimal', 'decimal(10, 0)'],
])('%s, which Iceberg has not, is %s', (hive, type) => {
  expect(fieldsOf([{ Name: 'x', Type: hive }])[0]!.type).toBe(type)
})

test('fields are numbered a level at a time', () => {
  const { fields } = currentSchema(made)
  expect(fields.map(({ id }) => id)).toEqual([1, 2, 3])
  expect(fields[1]!.type).toMatchObject({
    'element-id': 4,
    element: { fields: [{ id: 5 }, { id: 6, type: { 'key-id': 7, 'value-id': 8 } }] },
  })
  expect([made['last-column-id'], made.location]).toEqual([8, 's3://b/t'])
})

describe('updates', () => {
  const after = (...updates: Update[]) => updated(made, updates)
  const snapshot = { 'snapshot-id': 1n, 'sequence-number': 1, 'timestamp-ms': 5 }
  const withSnapshot: Update[] = [
    { action: 'add-snapshot', snapshot },
    { action: 'set-snapshot-ref', 'ref-name': 'main', 'snapshot-id': 1n, type: 'branch' },
  ]

  test('-1 is the schema, the specification or the order that was added', () => {
    const field = { id: 9, name: 'z', required: false, type: 'int' }
    const changed = after(
      { action: 'add-schema', schema: { type: 'struct', fields: [field] } },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-spec', spec: { fields: [{ 'source-id': 1, name: 'a', transform: 'identity' }] } },
      { action: 'set-default-spec', 'spec-id': -1 },
      { action: 'add-sort-order', 'sort-order': { fields: [{ 'source-id': 1 }] } },
      { action: 'set-default-sort-order', 'sort-order-id': -1 },
    )
    expect(changed).toMatchObject({
      'current-schema-id': 1,
      'last-column-id': 9,
      'default-spec-id': 1,
      'last-partition-id': 1001,
      'default-sort-order-id': 1,
    })
    expect(made.schemas).toHaveLength(1)
  })

  test('what is there already is not added again', () => {
    const { 'schema-id': _, ...schema } = currentSchema(made)
    const changed = after({ action: 'add-schema', schema }, { action: 'set-current-schema', 'schema-id': -1 })
    expect(changed.schemas).toHaveLength(1)
  })

  test('a snapshot becomes the current one by its branch, and goes with it', () => {
    const changed = after(...withSnapshot)
    expect(changed).toMatchObject({
      'current-snapshot-id': 1n,
      'last-sequence-number': 1,
      'snapshot-log': [{ 'snapshot-id': 1n, 'timestamp-ms': 5 }],
    })
    const gone = updated(changed, [{ action: 'remove-snapshots', 'snapshot-ids': [1n] }])
    expect(gone).toMatchObject({ snapshots: [], 'snapshot-log': [], refs: {} })
  })

  test('each version of the format has the members that its readers insist on', () => {
    const first = newMetadata({ ...made, fields: currentSchema(made).fields, formatVersion: 1 })
    expect(first).toMatchObject({ schema: currentSchema(first), 'partition-spec': [] })
    const field = { id: 9, name: 'z', required: false, type: 'int' }
    const changed = updated(first, [
      { action: 'add-schema', schema: { type: 'struct', fields: [field] } },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-spec', spec: { fields: [{ 'source-id': 9, name: 'z', transform: 'identity' }] } },
      { action: 'set-default-spec', 'spec-id': -1 },
    ])
    expect(changed).toMatchObject({ schema: { fields: [field] }, 'partition-spec': [{ name: 'z' }] })
    const third = updated(changed, [{ action: 'upgrade-format-version', 'format-version': 3 }])
    expect(third).toMatchObject({ 'format-version': 3, 'next-row-id': 0 })
    expect(Object.keys({ ...made, ...third })).not.toContain('partition-spec')
    expect(made).not.toHaveProperty('schema')
    const { 'last-sequence-number': _, ...uncounted } = changed
    const second = updated(uncounted as TableMetadata, [
      { action: 'upgrade-format-version', 'format-version': 2 },
    ])
    expect(second).toMatchObject({ 'format-version': 2, 'last-sequence-number': 0 })
  })

  test.each<[Update, string]>([
    [{ action: 'set-current-schema', 'schema-id': 5 }, 'Cannot set current schema to unknown schema: 5'],
    [{ action: 'upgrade-format-version', 'format-version': 1 }, 'Cannot downgrade v2 table to v1'],
    [
      { action: 'set-snapshot-ref', 'ref-name': 'main', 'snapshot-id': 9, type: 'branch' },
      'Cannot set main to unknown snapshot: 9',
    ],
    [{ action: 'constructor' } as never, 'Cannot apply unknown update: constructor'],
  ])('%j is refused', (update, message) => {
    expect(() => after(update)).toThrow(message)
  })

  test.each<[Requirement, TableMetadata, string | undefined]>([
    [{ type: 'assert-create' }, made, 'table already exists'],
    [{ type: 'assert-table-uuid', uuid: made['table-uuid'] }, made, undefined],
    [{ type: 'assert-table-uuid', uuid: 'x' }, made, 'UUID changed'],
    [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null }, made, undefined],
    [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 1 }, after(...withSnapshot), undefined],
    [{ type: 'assert-ref-snapshot-id', ref: 'main' }, after(...withSnapshot), 'was created concurrently'],
    [
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 2 },
      after(...withSnapshot),
      'has changed',
    ],
    [{ type: 'assert-current-schema-id', 'current-schema-id': 0 }, made, undefined],
    [{ type: 'assert-default-spec-id', 'default-spec-id': 3 }, made, 'expected 3 != 0'],
  ])('%j', (requirement, metadata, why) => {
    if (why === undefined) expect(unmet(metadata, requirement)).toBeUndefined()
    else expect(unmet(metadata, requirement)).toContain(why)
  })
})
