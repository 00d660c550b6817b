// One crawl's scan of its targets: list, inspect a sample, group, define. Knows S3 only through its Bucket.

import type { Classifier } from './classifier-record.ts'
import { exclusionTest, isHidden } from './exclusions.ts'
import {
  type Folder,
  folderTree,
  type ListedObject,
  leaves,
  type SampledObject,
  sampleOf,
} from './folder-tree.ts'
import { type GroupingOptions, groupTables } from './grouping.ts'
import { type IcebergTarget, scanIceberg } from './iceberg-scan.ts'
import { type IncludePath, parseIncludePath } from './include-path.ts'
import { inspect } from './inspection.ts'
import type { Bucket } from './s3.ts'
import { ScanReport } from './scan-report.ts'
import { defineTable, type TableDefinition } from './table-definition.ts'

export interface Target {
  readonly path: string
  readonly exclusions: readonly string[]
  /** How many objects of a folder to read; 10 by default. */
  readonly sampleSize?: number
}

export interface ScanOptions {
  readonly crawler: string
  readonly tablePrefix: string
  readonly targets: readonly Target[]
  readonly icebergTargets: readonly IcebergTarget[]
  readonly grouping: GroupingOptions
  /** CRAWL_NEW_FOLDERS_ONLY: locations of folders that are partitions already and are not scanned. */
  readonly knownLocations: readonly string[]
  /** Custom ones, in the crawler's order. */
  readonly classifiers: readonly Classifier[]
}

export interface ScanResult {
  readonly tables: TableDefinition[]
  readonly report: ScanReport['counts']
}

const sampleSize = 10
const concurrentReads = 16
/** Limit for one target: with more folders than this, not every folder is sampled. */
const mostSamples = 5_000

/** The tables in the targets. @throws errors of S3: NoSuchBucket, or that it cannot be reached */
export async function scan(options: ScanOptions, bucket: Bucket): Promise<ScanResult> {
  const known = new Set(options.knownLocations)
  const tables: TableDefinition[] = []
  const report = new ScanReport()
  for (const target of options.targets) {
    const include = parseIncludePath(target.path)
    const objects = await listTarget(bucket, include, exclusionTest(target.exclusions), report)
    const tree = folderTree(include.name, include.prefix, objects)
    const folders = [...leaves(tree)]
      .map(({ folder }) => folder)
      .filter(({ prefix }) => !known.has(`s3://${include.bucket}/${prefix}`))
    const work = samples(folders, target.sampleSize)
    await inParallel(work, concurrentReads, async ({ folder, object }) => {
      const sampled = await sample(bucket, include.bucket, object, options.classifiers, report)
      if (sampled) folder.sampled.push(sampled)
    })
    // Reads end in any order; tables must not depend on it.
    for (const { sampled } of folders) sampled.sort((a, b) => (a.key < b.key ? -1 : 1))
    shareSamples(folders, new Set(work.map(({ folder }) => folder)))
    for (const table of groupTables(tree, options.grouping)) {
      tables.push(defineTable(table, { ...options, bucket: include.bucket }))
    }
  }
  for (const target of options.icebergTargets) {
    tables.push(...(await scanIceberg(target, options, bucket, report)))
  }
  return { tables, report: report.counts }
}

const archived = ['GLACIER', 'DEEP_ARCHIVE']

async function listTarget(
  bucket: Bucket,
  include: IncludePath,
  isExcluded: (key: string) => boolean,
  report: ScanReport,
): Promise<ListedObject[]> {
  const objects: ListedObject[] = []
  for await (const object of bucket.list(include.bucket, include.prefix)) {
    const relative = object.key.slice(include.prefix.length)
    const reason = isHidden(relative)
      ? 'hidden: a name in its path starts with _ or .'
      : object.size === 0
        ? 'empty'
        : isExcluded(relative)
          ? 'excluded by a pattern of the target'
          : archived.includes(object.storageClass ?? '')
            ? 'archived: its storage class cannot be read'
            : undefined
    // The marker object of a folder is not the user's.
    if (object.size === 0 && object.key.endsWith('/')) continue
    report.listed(`s3://${include.bucket}/${object.key}`, reason)
    if (reason === undefined) objects.push(object)
  }
  return objects
}

/** What to read: some objects of each folder, fewer of each if there are many folders. */
function samples(
  folders: readonly Folder[],
  wanted = sampleSize,
): { folder: Folder; object: ListedObject }[] {
  const each = Math.max(1, Math.min(wanted, Math.floor(mostSamples / Math.max(1, folders.length))))
  const step = Math.max(1, folders.length / mostSamples)
  const count = Math.min(folders.length, mostSamples)
  const sampled = Array.from({ length: count }, (_, i) => folders[Math.floor(i * step)]!)
  return sampled.flatMap((folder) => sampleOf(folder.objects, each).map((object) => ({ folder, object })))
}

/** A folder of which nothing was read is treated like the folder before it. */
function shareSamples(folders: readonly Folder[], read: ReadonlySet<Folder>): void {
  let last: readonly SampledObject[] = []
  for (const folder of folders) {
    if (read.has(folder)) last = folder.sampled
    else if (last.length > 0) {
      folder.sampled.push(...last.map((object) => ({ ...object })))
    }
  }
}

class ObjectGone extends Error {}

async function sample(
  bucket: Bucket,
  name: string,
  object: ListedObject,
  classifiers: readonly Classifier[],
  report: ScanReport,
): Promise<SampledObject | undefined> {
  const uri = `s3://${name}/${object.key}`
  try {
    const found = await inspect(
      object.size,
      async (start, end) => {
        const bytes = await bucket.read(name, object.key, start, end)
        if (!bytes) throw new ObjectGone()
        return bytes
      },
      { key: object.key, classifiers },
    )
    if ('reason' in found) {
      report.leftOut(uri, `of no known format: ${found.reason}`)
      return { ...object, inspection: undefined }
    }
    report.sampled(uri, found.warning)
    return { ...object, inspection: found }
  } catch (error) {
    if (!(error instanceof ObjectGone)) throw error
    report.leftOut(uri, 'deleted while the crawl ran')
    return undefined
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
