import { describe, expect, it } from 'vitest'
import { primitive } from '../hive/column-type.ts'
import { folderTree, leaves, sampleOf } from './folder-tree.ts'
import { type GroupingOptions, groupTables } from './grouping.ts'
import type { Inspection } from './inspection.ts'
import { defineTable } from './table-definition.ts'

const inspection = (columns: string, facts: Partial<Inspection> = {}): Inspection => ({
  classification: 'json',
  format: 'json',
  compression: 'none',
  schema: columns.split(' ').map((column) => {
    const [name, type = 'string'] = column.split(':')
    return { name: name!, type: primitive(type) }
  }),
  records: 10,
  ...facts,
})

/** The tables that a crawl of these objects, with these contents, finds. */
function crawl(objects: Record<string, Inspection | undefined>, options: GroupingOptions = {}) {
  const tree = folderTree(
    'root',
    'root/',
    Object.keys(objects).map((key) => ({ key: `root/${key}`, size: 100 })),
  )
  for (const { folder } of leaves(tree)) {
    for (const object of folder.objects) {
      folder.sampled.push({ ...object, inspection: objects[object.key.slice('root/'.length)] })
    }
  }
  return groupTables(tree, options)
    .map((found) => defineTable(found, { bucket: 'b', crawler: 'c', tablePrefix: '' }))
    .map(({ table, partitions }) => ({
      name: table.Name,
      location: table.StorageDescriptor!.Location,
      keys: table.PartitionKeys!.map(({ Name }) => Name),
      columns: table.StorageDescriptor!.Columns!.map(({ Name, Type }) => `${Name}:${Type}`),
      values: partitions.map(({ Values }) => Values.join('/')),
    }))
}

const ab = inspection('a:int b')
const parquet = { classification: 'parquet' } as const

describe('grouping', () => {
  it('roots one table at the include path and makes its folders partitions', () => {
    expect(crawl({ 'dt=1/hour=00/x': ab, 'dt=1/hour=01/x': ab, 'dt=2/hour=00/x': ab })).toEqual([
      {
        name: 'root',
        location: 's3://b/root/',
        keys: ['dt', 'hour'],
        columns: ['a:int', 'b:string'],
        values: ['1/00', '1/01', '2/00'],
      },
    ])
  })

  it('calls partitions without a key partition_N, by the level', () => {
    const [table] = crawl({ '2026/month=1/x': ab, '2027/month=2/x': ab })
    expect(table).toMatchObject({ keys: ['partition_0', 'month'], values: ['2026/1', '2027/2'] })
  })

  it('does not let a partition key take the name of a column', () => {
    expect(crawl({ 'a=1/x': ab, 'a=2/x': ab })).toMatchObject([{ keys: ['partition_0'], values: ['1', '2'] }])
  })

  it('reads escaped characters in the value of a Hive folder', () => {
    expect(crawl({ 'k=a%3Ab/x': ab })).toMatchObject([{ keys: ['k'], values: ['a:b'] }])
  })

  it.each([
    ['schemas that share more than 0.7 of their columns', inspection('a b c d'), inspection('a b c'), 1],
    ['schemas that share less', inspection('a b c d e'), inspection('a b c'), 2],
    ['a column that is a number in one and text in the other', inspection('a:int'), inspection('a'), 2],
    ['numbers of different width', inspection('a:int b'), inspection('a:double b'), 1],
    ['different formats', inspection('a b'), inspection('a b', parquet), 2],
    ['different compressions', inspection('a b'), inspection('a b', { compression: 'gzip' }), 2],
  ])('of %s', (_, one, other, tables) => {
    expect(crawl({ 'one/x': one, 'other/x': other })).toHaveLength(tables)
  })

  it('makes a table of each folder once there are more than five schemas, however alike', () => {
    const wide = 'a b c d e f g h i j k l m n o p'
    const kinds = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}/x`, inspection(`${wide} z${i}`)]))
    expect(crawl(kinds(5))).toHaveLength(1)
    expect(crawl(kinds(6))).toHaveLength(6)
  })

  it('makes a table of each folder where the depth differs, and one of the objects between', () => {
    expect(crawl({ x: ab, 'sub/x': ab }).map(({ name }) => name)).toEqual(['root', 'sub'])
  })

  it('makes a table of each object where those of one folder differ', () => {
    const tables = crawl({ 'prices.json': ab, 'news.json': inspection('title body') })
    expect(tables.map(({ name, location }) => [name, location])).toEqual([
      ['prices_json', 's3://b/root/prices.json'],
      ['news_json', 's3://b/root/news.json'],
    ])
  })

  it('leaves out objects whose format is not known', () => {
    expect(crawl({ 'dt=1/x': ab, 'dt=2/x': undefined })).toMatchObject([{ values: ['1'] }])
    expect(crawl({ x: undefined })).toEqual([])
  })

  it('combines compatible schemas, and cuts at a table level, when its options say so', () => {
    const objects = { 'one/d=1/x': inspection('a b'), 'other/d=1/x': inspection('c e') }
    expect(crawl(objects)).toHaveLength(2)
    expect(crawl(objects, { combine: true })).toMatchObject([{ keys: ['partition_0', 'd'] }])
    const alike = { 'one/d=1/x': ab, 'other/d=1/x': ab }
    expect(crawl(alike)).toHaveLength(1)
    expect(crawl(alike, { level: 3 }).map(({ name, keys }) => [name, keys])).toEqual([
      ['one', ['d']],
      ['other', ['d']],
    ])
  })

  it('merges the columns of all schemas', () => {
    const [table] = crawl({ 'd=1/x': inspection('a:int b c d'), 'd=2/x': inspection('A:double b c e d') })
    expect(table!.columns).toEqual(['a:double', 'b:string', 'c:string', 'd:string', 'e:string'])
  })
})

describe('a sample', () => {
  const objects = Array.from({ length: 100 }, (_, i) => ({
    key: `f/${i}.${i % 50 === 7 ? 'csv' : 'json'}`,
    size: 1,
  }))
  it('has the first and the last, and something of every kind of file', () => {
    const keys = sampleOf(objects, 3).map(({ key }) => key)
    expect(keys).toContain('f/0.json')
    expect(keys).toContain('f/99.json')
    expect(keys).toContain('f/7.csv')
    expect(keys).toHaveLength(5)
    expect(new Set(sampleOf(objects, 200))).toHaveLength(100)
  })
})
