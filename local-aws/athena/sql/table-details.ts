// What DESCRIBE EXTENDED and FORMATTED add to the columns: everything else in the catalog about a table or a partition.
import type { Column, Parameters, Partition, StorageDescriptor, Table } from '../../glue/api/shapes.ts'

/** A line that separates two sections. */
export const blankLine = '\t \t '

/** The heading of a section. */
export const sectionTitle = (title: string) => `# ${title}${blankLine}`

/** The lines of DESCRIBE FORMATTED. */
export function formattedDetails(table: Table, partition: Partition | undefined): string[] {
  const storage = (partition ?? table).StorageDescriptor ?? {}
  const head = partition
    ? [
        ['Partition Value:', list(partition.Values)],
        ['Database:', table.DatabaseName],
        ['Table:', table.Name],
        ['CreateTime:', dateText(partition.CreationTime)],
        ['LastAccessTime:', 'UNKNOWN'],
        ['Location:', storage.Location],
      ]
    : [
        ['Database:', table.DatabaseName],
        ['Owner:', table.Owner],
        ['CreateTime:', dateText(table.CreateTime)],
        ['LastAccessTime:', 'UNKNOWN'],
        ['Protect Mode:', 'None'],
        ['Retention:', String(table.Retention ?? 0)],
        ['Location:', storage.Location],
        ['Table Type:', table.TableType],
      ]
  const what = partition ? 'Partition' : 'Table'
  const stored = [
    ['SerDe Library:', storage.SerdeInfo?.SerializationLibrary],
    ['InputFormat:', storage.InputFormat],
    ['OutputFormat:', storage.OutputFormat],
    ['Compressed:', storage.Compressed ? 'Yes' : 'No'],
    ['Num Buckets:', String(storage.NumberOfBuckets ?? -1)],
    ['Bucket Columns:', list(storage.BucketColumns ?? [])],
    ['Sort Columns:', list((storage.SortColumns ?? []).map(({ Column }) => Column))],
  ]
  return [
    sectionTitle(`Detailed ${what} Information`),
    ...head.map(detailLine),
    `${what} Parameters:${blankLine}`,
    ...parameterLines((partition ?? table).Parameters),
    blankLine,
    sectionTitle('Storage Information'),
    ...stored.map(detailLine),
    `Storage Desc Params:${blankLine}`,
    ...parameterLines(storage.SerdeInfo?.Parameters),
  ]
}

/** DESCRIBE EXTENDED: all in one line. */
export function extendedDetails(table: Table, partition: Partition | undefined): string {
  if (partition) {
    return `Detailed Partition Information\t${structure('Partition', {
      values: list(partition.Values),
      dbName: table.DatabaseName,
      tableName: table.Name,
      createTime: Math.floor(partition.CreationTime),
      lastAccessTime: partition.LastAccessTime ?? 0,
      sd: storageText(partition.StorageDescriptor ?? {}),
      parameters: map(partition.Parameters),
    })}\t`
  }
  return `Detailed Table Information\t${structure('Table', {
    tableName: table.Name,
    dbName: table.DatabaseName,
    owner: table.Owner,
    createTime: Math.floor(table.CreateTime),
    lastAccessTime: table.LastAccessTime ?? 0,
    retention: table.Retention ?? 0,
    sd: storageText(table.StorageDescriptor ?? {}),
    partitionKeys: fields(table.PartitionKeys),
    parameters: map(table.Parameters),
    viewOriginalText: table.ViewOriginalText,
    viewExpandedText: table.ViewExpandedText,
    tableType: table.TableType,
  })}\t`
}

function storageText(storage: StorageDescriptor): string {
  return structure('StorageDescriptor', {
    cols: fields(storage.Columns),
    location: storage.Location,
    inputFormat: storage.InputFormat,
    outputFormat: storage.OutputFormat,
    compressed: storage.Compressed ?? false,
    numBuckets: storage.NumberOfBuckets ?? -1,
    serdeInfo: structure('SerDeInfo', {
      name: storage.SerdeInfo?.Name,
      serializationLib: storage.SerdeInfo?.SerializationLibrary,
      parameters: map(storage.SerdeInfo?.Parameters),
    }),
    bucketCols: list(storage.BucketColumns ?? []),
    sortCols: list((storage.SortColumns ?? []).map(({ Column }) => Column)),
    parameters: map(storage.Parameters),
  })
}

/** Table(tableName:t, owner:null): the text form of Hive's objects. */
function structure(name: string, members: Record<string, unknown>): string {
  return `${name}(${Object.entries(members)
    .map(([member, value]) => `${member}:${value ?? null}`)
    .join(', ')})`
}

const fields = (columns: readonly Column[] = []) =>
  list(
    columns.map(({ Name: name, Type: type, Comment: comment }) =>
      structure('FieldSchema', { name, type, comment }),
    ),
  )

const list = (items: readonly string[]) => `[${items.join(', ')}]`

const map = (parameters: Parameters = {}) =>
  `{${sorted(parameters)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')}}`

/** Mon Nov 23 10:00:00 UTC 2026 */
function dateText(seconds: number): string {
  const [day, date, month, year, time] = new Date(seconds * 1000).toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${date} ${time} UTC ${year}`
}

const detailLine = ([name, value]: readonly (string | undefined)[]) =>
  `${name!.padEnd(20)}\t${(value ?? 'null').padEnd(20)}\t `

const parameterLines = (parameters: Parameters = {}) =>
  sorted(parameters).map(([key, value]) => `\t${key.padEnd(20)}\t${value.padEnd(20)}`)

const sorted = (parameters: Parameters) =>
  Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
