// CloudTrail's logs: an object holds all its records in one array, which the engine reads as a row, and a view unnests.
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import type { Column, StorageDescriptor } from '../../glue/api/shapes.ts'

interface Stored {
  readonly StorageDescriptor?: StorageDescriptor
}

export function isCloudTrail({ StorageDescriptor }: Stored): boolean {
  return StorageDescriptor?.InputFormat === 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
}

/** A table or partition of such logs in the form of its objects: one column with all records. Others are unchanged. */
export function withRecords<T extends Stored>(item: T): T {
  if (!isCloudTrail(item)) return item
  const { Columns = [] } = item.StorageDescriptor!
  const fields = Columns.map(({ Name, Type = 'string' }) => `${Name}:${Type}`)
  const StorageDescriptor = {
    ...item.StorageDescriptor,
    Columns: [{ Name: 'records', Type: `array<struct<${fields.join(',')}>>` }],
    InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    // Reads a JSON object into a column of text, like CloudTrail's own SerDe.
    SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe', Parameters: {} },
  }
  return { ...item, StorageDescriptor }
}

/** SQL after the table with one column that makes a row of each record. */
export function unpackedRecords(columns: readonly Column[]): string {
  const names = columns.map(({ Name }) => quoted(Name))
  return `CROSS JOIN UNNEST("records") AS "record" (${names.join(', ')})`
}
