// Which objects of a table the dashboard lists.
import type { Table } from '@aws-sdk/client-glue'
import type { Aws } from '@ticklake/aws/clients.ts'
import { expect, test } from 'vitest'
import { catalogConfig } from '../../config.ts'
import { CatalogBrowser } from './catalog-browser.ts'
import { problemOf, statusOf } from './problem.ts'

const neverDefect = (defect: unknown) => {
  throw defect
}

/** The objects of a table that lies at this location: the prefix that was listed. */
async function prefixOf(location: string | undefined): Promise<string> {
  const table: Table = { Name: 't', StorageDescriptor: { Location: location } }
  const bucket = {
    name: 'lake',
    async *list(prefix: string) {
      yield { key: prefix, size: 1, etag: '' }
    },
  }
  const aws = { glue: { table: async () => table }, bucket } as unknown as Aws
  const [first] = await new CatalogBrowser(aws, catalogConfig({})).objects('db', 't', [])
  return first!.key
}

test.each([
  ['s3://lake/ticks/', 'ticks/'],
  ['s3://lake/ticks', 'ticks/'],
  ['s3://lake/', ''],
  ['s3://lake', ''],
])('a table at %s is listed below "%s"', async (location, prefix) => {
  expect(await prefixOf(location)).toBe(prefix)
})

test.each(['s3://other/ticks/', 's3://lakeside/ticks/', 's3a://lake/ticks/', 'hdfs://host/x', '', undefined])(
  'a table at %s is outside the lake, which is not a defect',
  async (location) => {
    const thrown = await prefixOf(location).catch((error: unknown) => error)
    const problem = problemOf(thrown, neverDefect)
    expect([problem.code, statusOf(problem)]).toEqual(['OUTSIDE_THE_LAKE', 403])
  },
)
