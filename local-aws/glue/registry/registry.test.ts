import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Catalog } from '../operations.ts'
import { type Compatibility, isCompatible } from './compatibility.ts'
import { jsonPatch } from './json-patch.ts'

let dataDir: string
let catalog: Catalog
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'registry-'))
  catalog = new Catalog({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint: '' })
})
afterEach(() => {
  catalog.close()
  rmSync(dataDir, { recursive: true })
})
const ask = <T = Record<string, unknown>>(name: string, request: object) => catalog.answer(name, request) as T

const record = (...fields: object[]) => JSON.stringify({ type: 'record', name: 'r', fields })
const a = { name: 'a', type: 'int' }
const b = { name: 'b', type: 'string' }
const bByDefault = { ...b, default: '' }
const wide = { name: 'a', type: 'long' }

describe('Avro versions', () => {
  it.each<[Compatibility, string, string[], boolean]>([
    ['BACKWARD', record(a, bByDefault), [record(a)], true],
    ['BACKWARD', record(a, b), [record(a)], false],
    ['BACKWARD', record(wide), [record(a)], true],
    ['FORWARD', record(wide), [record(a)], false],
    ['FORWARD', record(a, b), [record(a)], true],
    ['FORWARD', record(a), [record(a, b)], false],
    ['FULL', record(a, bByDefault), [record(a)], true],
    ['FULL', record(a, b), [record(a)], false],
    ['BACKWARD', record(a, b), [record(a, bByDefault), record(a)], true],
    ['BACKWARD_ALL', record(a, b), [record(a, bByDefault), record(a)], false],
    ['FORWARD_ALL', record(a), [record(a), record(a, b)], false],
    ['NONE', record(b), [record(a)], true],
    ['DISABLED', record(a), [record(a)], false],
    ['DISABLED', record(a), [], true],
  ])('%s: %s after %j', (mode, definition, earlier, expected) => {
    expect(isCompatible('AVRO', mode, definition, earlier)).toBe(expected)
  })
})

describe('JSON versions', () => {
  const object = (properties: object, more: object = {}) =>
    JSON.stringify({ type: 'object', properties, ...more })
  const int = { type: 'integer' }
  it.each<[string, string, string, boolean]>([
    ['a number may become what an integer was', object({ x: { type: 'number' } }), object({ x: int }), true],
    [
      'an integer may not become what a number was',
      object({ x: int }),
      object({ x: { type: 'number' } }),
      false,
    ],
    ['a new required property', object({ x: int }, { required: ['x'] }), object({ x: int }), false],
    [
      'a required property that was so before',
      object({ x: int }, { required: ['x'] }),
      object({ x: int }, { required: ['x'] }),
      true,
    ],
    ['a new property of an open object', object({ x: int, y: int }), object({ x: int }), true],
    [
      'a closed object that loses a property',
      object({}, { additionalProperties: false }),
      object({ x: int }, { additionalProperties: false }),
      false,
    ],
    [
      'a closed object that gets one',
      object({ x: int, y: int }, { additionalProperties: false }),
      object({ x: int }, { additionalProperties: false }),
      true,
    ],
    ['a wider enum', '{"enum":[1,2,3]}', '{"enum":[1,2]}', true],
    ['a narrower enum', '{"enum":[1]}', '{"enum":[1,2]}', false],
    ['a higher maximum', '{"type":"integer","maximum":9}', '{"type":"integer","maximum":5}', true],
    ['a lower maximum', '{"type":"integer","maximum":3}', '{"type":"integer","maximum":5}', false],
    [
      'items of an array',
      '{"type":"array","items":{"type":"string"}}',
      '{"type":"array","items":{"type":"integer"}}',
      false,
    ],
    ['one more alternative', '{"anyOf":[{"type":"string"},{"type":"integer"}]}', '{"type":"string"}', true],
    ['one alternative less', '{"type":"string"}', '{"anyOf":[{"type":"string"},{"type":"integer"}]}', false],
    [
      'a definition by reference',
      '{"$ref":"#/definitions/n","definitions":{"n":{"type":"number"}}}',
      '{"type":"integer"}',
      true,
    ],
  ])('%s', (_name, next, before, expected) => {
    expect(isCompatible('JSON', 'BACKWARD', next, [before])).toBe(expected)
    expect(isCompatible('JSON', 'FORWARD', before, [next])).toBe(expected)
  })

  it('may refer to themselves', () => {
    const tree = '{"type":"object","properties":{"next":{"$ref":"#"}}}'
    const other = '{"type":"object","properties":{"next":{"$ref":"#"},"n":{"type":"integer"}}}'
    expect(isCompatible('JSON', 'BACKWARD', other, [tree])).toBe(true)
  })
})

describe('the registry', () => {
  const SchemaId = { RegistryName: 'r', SchemaName: 's' }
  const create = (SchemaDefinition: string, more: object = {}) =>
    ask('CreateSchema', {
      RegistryId: { RegistryName: 'r' },
      SchemaName: 's',
      DataFormat: 'AVRO',
      SchemaDefinition,
      ...more,
    })

  beforeEach(() => void ask('CreateRegistry', { RegistryName: 'r', Tags: { team: 'x' } }))

  it('numbers versions, and knows a definition again whatever its white space', () => {
    expect(create(record(a))).toMatchObject({
      LatestSchemaVersion: 1,
      SchemaVersionStatus: 'AVAILABLE',
      Compatibility: 'BACKWARD',
    })
    const same = JSON.stringify(JSON.parse(record(a)), null, 2)
    expect(ask('RegisterSchemaVersion', { SchemaId, SchemaDefinition: same })).toMatchObject({
      VersionNumber: 1,
    })
    expect(ask('RegisterSchemaVersion', { SchemaId, SchemaDefinition: record(a, bByDefault) })).toMatchObject(
      {
        VersionNumber: 2,
        Status: 'AVAILABLE',
      },
    )
    expect(ask('GetSchemaByDefinition', { SchemaId, SchemaDefinition: same })).toMatchObject({
      Status: 'AVAILABLE',
    })
  })

  it('keeps a version that is not compatible as FAILURE, which nothing is compared with', () => {
    create(record(a))
    expect(ask('RegisterSchemaVersion', { SchemaId, SchemaDefinition: record(a, b) })).toMatchObject({
      VersionNumber: 2,
      Status: 'FAILURE',
    })
    expect(ask('GetSchema', { SchemaId })).toMatchObject({ LatestSchemaVersion: 1, NextSchemaVersion: 3 })
    expect(ask('GetSchemaVersion', { SchemaId, SchemaVersionNumber: { LatestVersion: true } })).toMatchObject(
      { VersionNumber: 1 },
    )
  })

  it('compares with versions since the checkpoint only', () => {
    create(record(a), { Compatibility: 'BACKWARD_ALL' })
    ask('RegisterSchemaVersion', { SchemaId, SchemaDefinition: record(a, bByDefault) })
    ask('UpdateSchema', { SchemaId, SchemaVersionNumber: { VersionNumber: 2 } })
    expect(ask('RegisterSchemaVersion', { SchemaId, SchemaDefinition: record(a, b) })).toMatchObject({
      Status: 'AVAILABLE',
    })
    expect(ask('DeleteSchemaVersions', { SchemaId, Versions: '1-2' })).toMatchObject({
      SchemaVersionErrors: [{ VersionNumber: 2 }],
    })
  })

  it.each([
    ['AVRO', '{"type":"recrd"}', 'AVRO data format is invalid'],
    ['JSON', '{"type":"objekt"}', 'is no type'],
    ['JSON', '{"type":', 'JSON data format is invalid'],
    ['PROTOBUF', 'message A {}', 'PROTOBUF is not available here'],
  ])('refuses %s %s', (DataFormat, SchemaDefinition, reason) => {
    expect(() => ask('CreateSchema', { SchemaName: 'x', DataFormat, SchemaDefinition })).toThrow(reason)
    expect(ask('CheckSchemaVersionValidity', { DataFormat, SchemaDefinition })).toMatchObject({
      Valid: false,
      Error: expect.stringContaining(reason),
    })
  })

  it('creates the default registry with the first schema that names none, and forgets a deleted one with its tags', () => {
    ask('CreateSchema', { SchemaName: 'x', DataFormat: 'JSON', SchemaDefinition: '{}' })
    const names = () => ask<{ Registries: { RegistryName: string }[] }>('ListRegistries', {}).Registries
    expect(names().map(({ RegistryName }) => RegistryName)).toEqual(['default-registry', 'r'])
    create(record(a))
    const { RegistryArn: ResourceArn } = ask('GetRegistry', { RegistryId: { RegistryName: 'r' } })
    expect(ask('GetTags', { ResourceArn: ResourceArn as string })).toEqual({ Tags: { team: 'x' } })
    ask('DeleteRegistry', { RegistryId: { RegistryName: 'r' } })
    expect(() => ask('GetSchema', { SchemaId })).toThrow('Schema is not found')
    ask('CreateRegistry', { RegistryName: 'r' })
    expect(ask('GetTags', { ResourceArn: ResourceArn as string })).toEqual({ Tags: {} })
  })
})

it.each([
  [
    { a: 1, b: 2 },
    { a: 1, c: 3 },
    [
      { op: 'remove', path: '/b' },
      { op: 'add', path: '/c', value: 3 },
    ],
  ],
  [{ a: [1, 2] }, { a: [1, 3] }, [{ op: 'replace', path: '/a/1', value: 3 }]],
  [{ 'a/b': 1 }, { 'a/b': 2 }, [{ op: 'replace', path: '/a~1b', value: 2 }]],
  [[1], [1, 2], [{ op: 'replace', path: '', value: [1, 2] }]],
])('the difference of %j and %j is a JSON Patch', (first, second, patch) => {
  expect(jsonPatch(first, second)).toEqual(patch)
})
