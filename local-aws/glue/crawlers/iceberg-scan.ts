// Scans a crawler's Iceberg targets: each folder with Iceberg metadata is a table.
import { exclusionTest } from './exclusions.ts'
import { icebergColumns } from './formats/iceberg.ts'
import { parseIncludePath } from './include-path.ts'
import { tableName } from './naming.ts'
import type { Bucket } from './s3.ts'
import type { ScanReport } from './scan-report.ts'
import type { TableDefinition } from './table-definition.ts'

export interface IcebergTarget {
  readonly paths: readonly string[]
  readonly exclusions: readonly string[]
  /** How many folders deep below a path a table may be. */
  readonly mostDepth: number
}

interface Found {
  readonly key: string
  readonly size: number
  readonly order: number
}

/** Larger files are not read as metadata. */
const mostMetadata = 64 * 1024 * 1024

/** The tables below the target's paths, each with its newest metadata. @throws errors of S3 */
export async function scanIceberg(
  target: IcebergTarget,
  { crawler, tablePrefix }: { readonly crawler: string; readonly tablePrefix: string },
  bucket: Bucket,
  report: ScanReport,
): Promise<TableDefinition[]> {
  const isExcluded = exclusionTest(target.exclusions)
  const tables: TableDefinition[] = []
  for (const path of target.paths) {
    const include = parseIncludePath(path)
    const newest = new Map<string, Found>()
    for await (const { key, size } of bucket.list(include.bucket, include.prefix)) {
      const relative = key.slice(include.prefix.length)
      const metadata = metadataFile(relative)
      if (!metadata || isExcluded(relative)) continue
      const { folder, version: order } = metadata
      if (folder.split('/').length - 1 > target.mostDepth) continue
      report.listed(`s3://${include.bucket}/${key}`, undefined)
      const known = newest.get(folder)
      if (!known || order > known.order || (order === known.order && key > known.key)) {
        newest.set(folder, { key, size, order })
      }
    }
    for (const { key, size } of newest.values()) {
      const uri = `s3://${include.bucket}/${key}`
      if (size > mostMetadata) {
        report.leftOut(uri, 'metadata that is too large')
        continue
      }
      const bytes = await bucket.read(include.bucket, key, 0, size)
      try {
        const { location, columns } = icebergColumns(new TextDecoder().decode(bytes ?? new Uint8Array()))
        const name = tableName(tablePrefix, location.slice(location.lastIndexOf('/') + 1))
        tables.push(definition(name, location, columns, uri, crawler))
        report.sampled(uri, undefined)
      } catch (error) {
        report.leftOut(uri, `of no known format: ${(error as Error).message}`)
      }
    }
  }
  return tables
}

/** `db/table/metadata/00002-….metadata.json` or `…/v2.metadata.json`; undefined for other files. */
function metadataFile(key: string): { folder: string; version: number } | undefined {
  const slash = key.lastIndexOf('/')
  const directory = `/${key.slice(0, slash + 1)}`
  const version = /^v?(\d{1,15})/.exec(key.slice(slash + 1))?.[1]
  if (version === undefined || !directory.endsWith('/metadata/') || !key.endsWith('.metadata.json'))
    return undefined
  return { folder: directory.slice(1, -'metadata/'.length), version: Number(version) }
}

function definition(
  Name: string,
  Location: string,
  Columns: ReturnType<typeof icebergColumns>['columns'],
  metadata: string,
  crawler: string,
): TableDefinition {
  return {
    table: {
      Name,
      Owner: 'owner',
      Retention: 0,
      TableType: 'EXTERNAL_TABLE',
      PartitionKeys: [],
      StorageDescriptor: { Columns, Location },
      Parameters: {
        CrawlerSchemaDeserializerVersion: '1.0',
        CrawlerSchemaSerializerVersion: '1.0',
        UPDATED_BY_CRAWLER: crawler,
        metadata_location: metadata,
        table_type: 'ICEBERG',
      },
    },
    partitions: [],
  }
}
