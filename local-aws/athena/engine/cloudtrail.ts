// CloudTrail's logs: an object holds all its records in one array, which the engine reads as a row, and a view unpacks.
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { Column, StorageDescriptor } from '../../glue/api/shapes.ts'

interface Stored {
  readonly StorageDescriptor?: StorageDescriptor
}

export function isCloudTrail({ StorageDescriptor }: Stored): boolean {
  return StorageDescriptor?.InputFormat === 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
}

/** A table or a partition of such logs as its objects are: with one column, of all records. Others stay as they are. */
export function withRecords<T extends Stored>(item: T): T {
  if (!isCloudTrail(item)) return item
  const { Columns = [] } = item.StorageDescriptor!
  const fields = Columns.map(({ Name, Type = 'string' }) => `${Name}:${Type}`)
  const StorageDescriptor = {
    ...item.StorageDescriptor,
    Columns: [{ Name: 'records', Type: `array<struct<${fields.join(',')}>>` }],
    InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    // Reads an object of JSON into a column of text, as CloudTrail's own SerDe does.
    SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe', Parameters: {} },
  }
  return { ...item, StorageDescriptor }
}

/** What makes a row of each record, in SQL, behind the table with one column. */
export function unpackedRecords(columns: readonly Column[]): string {
  const names = columns.map(({ Name }) => quoted(Name))
  return `CROSS JOIN UNNEST("records") AS "record" (${names.join(', ')})`
}
