// Athena's projection in the engine's terms: longer units of time, and folders named by unescaped values.
import { expect, test } from 'vitest'
import type { Table } from '../../glue/api/shapes.ts'
import { engineProjection, inDays } from './engine-projection.ts'

const table = (projection: Record<string, string>): Table => ({
  CreateTime: 0,
  UpdateTime: 0,
  CreatedBy: '',
  CatalogId: '',
  VersionId: '1',
  IsRegisteredWithLakeFormation: false,
  DatabaseName: 'db',
  Name: 't',
  PartitionKeys: [{ Name: 'p', Type: 'string' }],
  StorageDescriptor: { Location: 's3://b/t' },
  Parameters: { 'projection.enabled': 'TRUE', ...projection },
})
const injected = table({ 'projection.p.type': 'injected' })
const template = async (asked: Table, ...keys: string[]) =>
  (await engineProjection(asked, async () => keys)).Parameters?.['storage.location.template']

test('years, months and weeks before now are counted in days', () => {
  const now = new Date('2026-03-31T10:00:00Z')
  expect(inDays('NOW-3YEARS,NOW', now)).toBe('NOW-1096DAYS,NOW')
  expect(inDays('NOW - 2 WEEKS , NOW+1MONTH', now)).toBe('NOW -14DAYS , NOW+31DAYS')
  expect(inDays('2020-01-01,NOW-5DAYS', now)).toBe('2020-01-01,NOW-5DAYS')
})

test('folders are found by their values as they are, and by escaped ones where there are only such', async () => {
  expect(await template(injected)).toBe(`s3://b/t/p=\${p}/`)
  expect(await template(injected, 'p=a/x.csv', 'p=a:b/x.csv', 'p=c%3Ad/x.csv')).toBe(`s3://b/t/p=\${p}/`)
  expect(await template(injected, 'p=a/x.csv', 'p=c%3Ad/x.csv')).toBeUndefined()
  expect(await template(table({ 'projection.p.type': 'enum', 'projection.p.values': 'a,b' }))).toBeUndefined()
  const hours = {
    'projection.p.type': 'date',
    'projection.p.range': '2020-01-01 00:00,NOW',
    'projection.p.format': 'yyyy-MM-dd HH:mm',
  }
  expect(await template(table(hours))).toBe(`s3://b/t/p=\${p}/`)
  const own = { 'projection.p.type': 'injected', 'storage.location.template': `s3://c/\${p}` }
  expect(await template(table(own))).toBe(`s3://c/\${p}`)
})

test('a key without projection is refused in Athena’s words', async () => {
  await expect(engineProjection(table({}), async () => [])).rejects.toThrow(
    'Table db.t is configured for partition projection, but the following partition columns are missing projection configuration: [p]',
  )
})

test.each([
  [{ type: 'enom' }, "projection.p.type is 'enom', which is none of enum, integer, date, injected"],
  [{ type: 'enum' }, 'projection.p.values is not set, which the type enum needs'],
  [{ type: 'date', range: '2020,NOW' }, 'projection.p.format is not set, which the type date needs'],
  [{ type: 'Integer', range: '1,x' }, "projection.p.range is '1,x', which is not two whole numbers"],
])('a projection that nobody can read is refused: %j', async (given, why) => {
  const properties = Object.entries(given).map(([name, value]) => [`projection.p.${name}`, value])
  await expect(engineProjection(table(Object.fromEntries(properties)), async () => [])).rejects.toThrow(
    `Table db.t is configured for partition projection, but ${why}`,
  )
})

test('weeks are days, and months and years a list of their values', async () => {
  const date = async (more: Record<string, string>) => {
    const given = Object.entries({ type: 'date', ...more }).map(([name, value]) => [
      `projection.p.${name}`,
      value,
    ])
    const { Parameters = {} } = await engineProjection(table(Object.fromEntries(given)), async () => [])
    return (name: string) => Parameters[`projection.p.${name}`]
  }
  const weeks = await date({
    range: '2020-01-06,NOW',
    format: 'yyyy-MM-dd',
    interval: '2',
    'interval.unit': 'WEEKS',
  })
  expect([weeks('type'), weeks('interval'), weeks('interval.unit')]).toEqual(['date', '14', 'DAYS'])
  const months = await date({ range: '2019/11,2020/02', format: 'yyyy/MM' })
  expect([months('type'), months('values')]).toEqual(['enum', '2019/11,2019/12,2020/01,2020/02'])
  const years = await date({ range: '2015,2020', format: "'y'yyyy", interval: '2', 'interval.unit': 'YEARS' })
  expect(years('type')).toBe('date')
  const own = await date({ range: 'y2015,y2020', format: "'y'yyyy", interval: '2', 'interval.unit': 'years' })
  expect(own('values')).toBe('y2015,y2017,y2019')
  const named = await date({ range: 'Jan,Mar', format: 'MMM', 'interval.unit': 'MONTHS' })
  expect(named('type')).toBe('date')
})
