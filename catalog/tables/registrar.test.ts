// Partitions are registered ahead and as found, each once, at the cost of a few LIST requests.
import type { PartitionInput } from '@aws-sdk/client-glue'
import { manifestKey } from '@ticklake/contract/keys.ts'
import { expect, test } from 'vitest'
import { catalogConfig } from '../config.ts'
import { Registrar } from './registrar.ts'

const { lake } = catalogConfig({})
const now = Date.parse('2026-11-21T09:30:00Z')
const HOUR = 3_600_000

/** Glue and S3 that record their requests. */
function fakes(folders: string[], values: string[][] = [], objects = new Map<string, string>()) {
  const created: string[] = []
  const listed: string[] = []
  const locations: string[] = []
  const glue = {
    table: async () => ({ StorageDescriptor: { InputFormat: 'f' } }),
    async *partitionValues() {
      yield* values
    },
    async createPartitions(_database: string, _table: string, inputs: PartitionInput[]) {
      created.push(...inputs.map(({ Values }) => Values!.join('-')))
      locations.push(...inputs.map(({ StorageDescriptor }) => StorageDescriptor!.Location!))
      return inputs.length
    },
  }
  const bucket = {
    putOnce: async () => true,
    async *list(prefix: string) {
      for (const key of objects.keys()) if (key.startsWith(prefix)) yield { key }
    },
    text: async (key: string) => ({ text: objects.get(key), ageMs: 0 }),
    async *folders(prefix: string) {
      listed.push(prefix)
      const names = folders
        .filter((folder) => folder.startsWith(prefix))
        .map((folder) => {
          return `${prefix}${folder.slice(prefix.length).split('/')[0]}/`
        })
      yield* new Set(names)
    },
  }
  return { aws: { glue, bucket } as never, created, listed, folders, locations }
}

test('the coming hours and every hour that has a folder, but none that is registered', async () => {
  const { aws, created } = fakes(
    ['lake/ticks/dt=2020-01-01/hour=00/', 'lake/ticks/dt=2026-11-21/hour=09/', 'lake/ticks/dt=x/hour=00/'],
    [['2026-11-21', '10']],
  )
  expect(await new Registrar(aws, lake, 2).register(now)).toBe(4)
  expect(created).toEqual(['2026-11-21-08', '2026-11-21-09', '2026-11-21-11', '2020-01-01-00'])
})

test('in between, recent days cost three requests, and a new hour is registered at once', async () => {
  const { aws, created, listed, folders } = fakes([
    'lake/ticks/dt=2020-01-01/hour=00/',
    'lake/ticks/dt=2026-11-20/hour=23/',
    'lake/ticks/dt=2026-11-21/hour=09/',
  ])
  const registrar = new Registrar(aws, lake, 1)
  await registrar.register(now)
  created.length = listed.length = 0
  folders.push('lake/ticks/dt=2026-11-20/hour=05/', 'lake/ticks/dt=2021-05-31/hour=01/')
  await registrar.register(now + 5_000)
  expect(created.sort()).toEqual(['2021-05-31-01', '2026-11-20-05'])
  expect(listed).toHaveLength(4)
  listed.length = created.length = 0
  expect(await registrar.register(now + 10_000)).toBe(0)
  expect(listed).toHaveLength(3)
})

test('once an hour everything is listed again', async () => {
  const { aws, created, folders } = fakes(['lake/ticks/dt=2020-01-01/hour=00/'])
  const registrar = new Registrar(aws, lake, 1)
  await registrar.register(now)
  folders.push('lake/ticks/dt=2020-01-01/hour=07/')
  created.length = 0
  await registrar.register(now + 5_000)
  expect(created).toEqual([])
  await registrar.register(now + HOUR)
  expect(created).toContain('2020-01-01-07')
})

test('without a table it says so, and the next attempt may work', async () => {
  const { aws } = fakes([])
  ;(aws as { glue: { table: unknown } }).glue.table = async () => undefined
  await expect(new Registrar(aws, lake, 1).register(now)).rejects.toMatchObject({
    code: 'TABLE_MISSING',
    retryable: true,
  })
})

test('an hour that was compacted before the table was created is registered where its rows are', async () => {
  const path = { dt: '2020-01-01', hour: '00' }
  const manifest = { v: 1, ...path, seq: 1, run: '000001-ab', files: [] }
  const objects = new Map([[manifestKey(lake, path, 1), JSON.stringify(manifest)]])
  const { aws, created, locations } = fakes([], [], objects)
  await new Registrar(aws, lake, 1).register(now)
  expect(locations[created.indexOf('2020-01-01-00')]).toBe(
    's3://ticklake/lake/_compacted/ticks/2020-01-01/00/000001-ab/',
  )
})
