// What one object is: its format, columns and number of records, from as few bytes as tell it.
import { compressionOf, isParquet, textOf } from './content.ts'
import { csvSchema } from './csv-schema.ts'
import { jsonSchema } from './json-schema.ts'
import { parquetFileSchema } from './parquet-schema.ts'
import type { Schema } from './schema.ts'

export interface Inspection {
  readonly classification: 'parquet' | 'json' | 'csv'
  readonly compression: string
  /** Column names as the object has them. */
  readonly schema: Schema
  /** How many records the whole object has; an estimate where only its start was read. */
  readonly records: number
  readonly csv?: { readonly delimiter: string; readonly hasHeader: boolean; readonly isQuoted: boolean }
}

/** Reads the bytes [start, end) of the object. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>

const headBytes = 64 * 1024
const sampleBytes = 1024 * 1024

/** Out: undefined for a format that is not known, or content that is broken. @throws what `read` throws */
export async function inspect(size: number, read: ReadRange): Promise<Inspection | undefined> {
  const head = await read(0, Math.min(size, headBytes))
  if (isParquet(head)) return inspectParquet(size, head, read)
  const sample =
    size > headBytes ? Buffer.concat([head, await read(headBytes, Math.min(size, sampleBytes))]) : head
  const compression = compressionOf(head)
  const { text, isCut } = await textOf(sample, compression, sample.length === size)
  const estimate = (records: number) =>
    isCut ? Math.max(records, Math.round((records * size) / sample.length)) : records
  const json = jsonSchema(text)
  if (json) {
    return { classification: 'json', compression, schema: json.schema, records: estimate(json.records) }
  }
  const csv = csvSchema(text, isCut)
  if (!csv) return undefined
  const { schema, records, ...facts } = csv
  return { classification: 'csv', compression, schema, records: estimate(records), csv: facts }
}

async function inspectParquet(
  size: number,
  head: Uint8Array,
  read: ReadRange,
): Promise<Inspection | undefined> {
  let readFailure: unknown
  const file = {
    byteLength: size,
    async slice(start: number, end: number = size) {
      try {
        const bytes = end <= head.length ? head.subarray(start, end) : await read(start, end)
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
      } catch (error) {
        readFailure = error
        throw error
      }
    },
  }
  try {
    const { schema, records } = await parquetFileSchema(file)
    return { classification: 'parquet', compression: 'none', schema, records }
  } catch {
    if (readFailure) throw readFailure
    return undefined
  }
}
