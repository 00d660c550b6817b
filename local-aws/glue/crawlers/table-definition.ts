// A found table in the Data Catalog's form: columns, SerDe, parameters, and its partitions.
import type { Parameters, PartitionInput, StorageDescriptor, TableInput } from '../api/shapes.ts'
import type { Folder } from './folder-tree.ts'
import type { FoundTable } from './grouping.ts'
import type { Inspection } from './inspection.ts'
import { partitionKeyNames, partitionValue, tableName } from './naming.ts'
import { glueColumns, mergeSchemas } from './schema.ts'
import { serdeOf, serdeParameters } from './serde.ts'

export interface TableDefinition {
  readonly table: TableInput
  readonly partitions: readonly PartitionInput[]
}

export interface DefinitionOptions {
  readonly bucket: string
  readonly crawler: string
  readonly tablePrefix: string
}

/** The table and its partitions. Each partition has its own columns and counts, as AWS's crawler writes them. */
export function defineTable(found: FoundTable, options: DefinitionOptions): TableDefinition {
  const columns = new Set(mergeSchemas(found.inspections.map(({ schema }) => schema)).map(({ name }) => name))
  const keys = partitionKeyNames(
    found.partitions.map(({ path }) => path),
    columns,
  )
  const folders = found.partitions.map(({ folder }) => folder)
  const descriptor = describe(found.inspections, folders, found.root, keys.length > 0, options)
  const table: TableInput = {
    Name: tableName(options.tablePrefix, found.name),
    Owner: 'owner',
    Retention: 0,
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: keys.map(({ name }) => ({ Name: name, Type: 'string' })),
    StorageDescriptor: descriptor,
    Parameters: descriptor.Parameters!,
  }
  if (keys.length === 0) return { table, partitions: [] }
  const partitions = found.partitions.map(({ path, folder }): PartitionInput => {
    const own = describe(inspectionsOf(folder), [folder], folder.prefix, true, options)
    const Values = path.map((segment, level) => partitionValue(segment, keys[level]!.isHive))
    return { Values, StorageDescriptor: own, Parameters: own.Parameters! }
  })
  return { table, partitions }
}

function describe(
  inspections: readonly Inspection[],
  folders: readonly Folder[],
  root: string,
  isPartitioned: boolean,
  { bucket, crawler }: DefinitionOptions,
): StorageDescriptor {
  const first = inspections[0]!
  const { library, input, output } = serdeOf(first)
  return {
    Columns: glueColumns(mergeSchemas(inspections.map(({ schema }) => schema))),
    Location: `s3://${bucket}/${root}`,
    ...(input === undefined ? {} : { InputFormat: input }),
    ...(output === undefined ? {} : { OutputFormat: output }),
    Compressed: first.compression !== 'none',
    NumberOfBuckets: -1,
    SerdeInfo: {
      ...(library === undefined ? {} : { SerializationLibrary: library }),
      Parameters: serdeParameters(inspections),
    },
    BucketColumns: [],
    SortColumns: [],
    Parameters: parameters(first, countsOf(folders), isPartitioned, crawler),
    StoredAsSubDirectories: false,
  }
}

interface Counts {
  readonly objects: number
  readonly bytes: number
  readonly records: number
}

/** Objects and bytes are counted; records are counted if each object was sampled, else estimated by size. */
function countsOf(folders: readonly Folder[]): Counts {
  let objects = 0
  let bytes = 0
  let records = 0
  for (const folder of folders) {
    const size = folder.objects.reduce((sum, object) => sum + object.size, 0)
    const sampled = folder.sampled.filter(({ inspection }) => inspection)
    const sampledSize = sampled.reduce((sum, object) => sum + object.size, 0)
    const sampledRecords = sampled.reduce((sum, { inspection }) => sum + inspection!.records, 0)
    objects += folder.objects.length
    bytes += size
    records +=
      sampled.length === folder.objects.length && sampled.every(({ key }) => key.startsWith(folder.prefix))
        ? sampledRecords
        : Math.round((sampledRecords * size) / sampledSize)
  }
  return { objects, bytes, records }
}

function parameters(first: Inspection, counts: Counts, isPartitioned: boolean, crawler: string): Parameters {
  return {
    CrawlerSchemaDeserializerVersion: '1.0',
    CrawlerSchemaSerializerVersion: '1.0',
    UPDATED_BY_CRAWLER: crawler,
    ...(first.csv
      ? {
          areColumnsQuoted: String(first.csv.isQuoted),
          columnsOrdered: 'true',
          delimiter: first.csv.delimiter,
          ...(first.csv.hasHeader ? { 'skip.header.line.count': '1' } : {}),
        }
      : {}),
    ...(first.jsonPath === undefined ? {} : { jsonPath: first.jsonPath }),
    ...(first.rowTag === undefined ? {} : { rowTag: first.rowTag }),
    ...(first.grok
      ? {
          grokPattern: first.grok.pattern,
          ...(first.grok.customPatterns ? { grokCustomPatterns: first.grok.customPatterns } : {}),
        }
      : {}),
    averageRecordSize: String(counts.records === 0 ? 0 : Math.round(counts.bytes / counts.records)),
    classification: first.classification,
    compressionType: first.compression,
    objectCount: String(counts.objects),
    ...(isPartitioned ? { 'partition_filtering.enabled': 'true' } : {}),
    recordCount: String(counts.records),
    sizeKey: String(counts.bytes),
    typeOfData: 'file',
  }
}

function inspectionsOf(folder: Folder): Inspection[] {
  return folder.sampled.map(({ inspection }) => inspection).filter((inspection) => inspection !== undefined)
}
