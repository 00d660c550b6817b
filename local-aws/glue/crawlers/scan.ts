// One look at a crawler's targets: list, inspect a sample, group, define. Knows S3 only through its Bucket.
import { exclusionTest, isHidden } from './exclusions.ts'
import { folderTree, type ListedObject, type LookedAt, leaves, sampleOf } from './folder-tree.ts'
import { type GroupingOptions, groupTables } from './grouping.ts'
import { inspect } from './inspection.ts'
import type { Bucket } from './s3.ts'
import { defineTable, type TableDefinition } from './table-definition.ts'

export interface Target {
  readonly path: string
  readonly exclusions: readonly string[]
  /** How many objects of a folder to look at; 10 where the target does not say. */
  readonly sampleSize?: number
}

export interface LookOptions {
  readonly crawler: string
  readonly tablePrefix: string
  readonly targets: readonly Target[]
  readonly grouping: GroupingOptions
  /** CRAWL_NEW_FOLDERS_ONLY: locations of folders that are partitions already and are not looked at. */
  readonly knownLocations: readonly string[]
}

const sampleSize = 10
const readsAtATime = 8

/** The tables that the targets hold. @throws what S3 answers: NoSuchBucket, or that it cannot be reached */
export async function look(options: LookOptions, bucket: Bucket): Promise<TableDefinition[]> {
  const known = new Set(options.knownLocations)
  const tables: TableDefinition[] = []
  for (const target of options.targets) {
    const place = targetPlace(target.path)
    const objects = await listTarget(bucket, place, exclusionTest(target.exclusions))
    const tree = folderTree(place.name, place.prefix, objects)
    const work = [...leaves(tree)]
      .filter(({ folder }) => !known.has(`s3://${place.bucket}/${folder.prefix}`))
      .flatMap(({ folder }) =>
        sampleOf(folder.objects, target.sampleSize ?? sampleSize).map((object) => ({ folder, object })),
      )
    await inParallel(work, readsAtATime, async ({ folder, object }) => {
      const lookedAt = await lookAt(bucket, place.bucket, object)
      if (lookedAt) folder.lookedAt.push(lookedAt)
    })
    // Reads end in any order; tables must not depend on it.
    for (const { folder } of leaves(tree)) folder.lookedAt.sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const table of groupTables(tree, options.grouping)) {
      tables.push(defineTable(table, { ...options, bucket: place.bucket }))
    }
  }
  return tables
}

export interface Place {
  readonly bucket: string
  /** Empty, or with a slash at its end. */
  readonly prefix: string
  /** The last folder, or the bucket: what a table at the include path is called. */
  readonly name: string
}

/** In: an include path, `s3://bucket/folder/`. @throws Error when it is none */
export function targetPlace(path: string): Place {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(path)
  if (!match) throw new Error(`${path} is not a valid S3 path`)
  const [, bucket, rest = ''] = match
  const prefix = rest === '' || rest.endsWith('/') ? rest : `${rest}/`
  return { bucket: bucket!, prefix, name: prefix.split('/').at(-2) ?? bucket! }
}

async function listTarget(
  bucket: Bucket,
  place: Place,
  isExcluded: (key: string) => boolean,
): Promise<ListedObject[]> {
  const objects: ListedObject[] = []
  for await (const object of bucket.list(place.bucket, place.prefix)) {
    const relative = object.key.slice(place.prefix.length)
    if (object.size === 0 || isHidden(relative) || isExcluded(relative)) continue
    objects.push(object)
  }
  return objects
}

class ObjectGone extends Error {}

async function lookAt(bucket: Bucket, name: string, object: ListedObject): Promise<LookedAt | undefined> {
  try {
    const inspection = await inspect(object.size, async (start, end) => {
      const bytes = await bucket.read(name, object.key, start, end)
      if (!bytes) throw new ObjectGone()
      return bytes
    })
    return { ...object, inspection }
  } catch (error) {
    if (error instanceof ObjectGone) return undefined
    throw error
  }
}

async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({ length: workers }, worker))
}
