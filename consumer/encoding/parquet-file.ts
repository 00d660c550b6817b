// Writes a Parquet file from typed columns: one page per column and row group, zstd, all columns optional.
//
// hyparquet-writer handles each value several times as an object, and tries a dictionary for every column, which took
// half of the consumer's CPU. Its serialization of headers and footer is used here.
import { constants, zstdCompressSync } from 'node:zlib'
import type { ColumnChunk, Encoding, RowGroup, SchemaElement } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { writePageHeader } from 'hyparquet-writer/src/datapage.js'
import { writeMetadata } from 'hyparquet-writer/src/metadata.js'
import type { Column } from './column.ts'
import { bitWidth, writeDeltas, writePacked, writeRun } from './integers.ts'

const MAGIC = 0x31524150
const params = { [constants.ZSTD_c_compressionLevel]: 1 }

interface Bounds {
  readonly min_value?: number | bigint | Uint8Array
  readonly max_value?: number | bigint | Uint8Array
}

export class ParquetFile {
  readonly #schema: readonly SchemaElement[]
  readonly #file = new ByteWriter(64 * 1024)
  readonly #groups: RowGroup[] = []
  #rows = 0

  /** @param schema the root, then one element per column: DOUBLE, INT32, INT64 or a string, all optional */
  constructor(schema: readonly SchemaElement[]) {
    this.#schema = schema
    this.#file.appendUint32(MAGIC)
  }

  /** Adds a row group. The columns may be reused afterwards. */
  write(columns: readonly Column[], rows: number): void {
    const start = this.#file.offset
    const chunks = columns.map((column, i) => this.#writeColumn(this.#schema[i + 1]!, column, rows))
    const uncompressed = chunks.reduce((sum, { meta_data }) => sum + meta_data!.total_uncompressed_size, 0n)
    this.#groups.push({
      columns: chunks,
      total_byte_size: uncompressed,
      total_compressed_size: BigInt(this.#file.offset - start),
      num_rows: BigInt(rows),
    })
    this.#rows += rows
  }

  /** Ends the file. */
  finish(): Uint8Array<ArrayBuffer> {
    const metadata = {
      version: 2,
      created_by: 'ticklake',
      schema: [...this.#schema],
      num_rows: BigInt(this.#rows),
      row_groups: this.#groups,
      metadata_length: 0,
    }
    writeMetadata(this.#file, metadata)
    this.#file.appendUint32(MAGIC)
    return new Uint8Array(this.#file.getBuffer())
  }

  #writeColumn(element: SchemaElement, column: Column, rows: number): ColumnChunk {
    const start = this.#file.offset
    const hasDictionary = element.type === 'BYTE_ARRAY' && column.count > 0
    const dictionaryBytes = hasDictionary ? this.#writeDictionary(column.texts.texts) : 0
    const pageStart = this.#file.offset
    const { encoding, bytes } = pageOf(element, column)
    const uncompressed = dictionaryBytes + this.#writePage(encoding, bytes, column, rows)
    return {
      file_offset: BigInt(start),
      meta_data: {
        type: element.type!,
        encodings: hasDictionary ? ['PLAIN', encoding] : [encoding],
        path_in_schema: [element.name],
        codec: 'ZSTD',
        num_values: BigInt(rows),
        total_uncompressed_size: BigInt(uncompressed),
        total_compressed_size: BigInt(this.#file.offset - start),
        data_page_offset: BigInt(pageStart),
        ...(hasDictionary && { dictionary_page_offset: BigInt(start) }),
        statistics: { ...boundsOf(element, column), null_count: BigInt(rows - column.count) },
        encoding_stats: [
          ...(hasDictionary ? [{ page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 } as const] : []),
          { page_type: 'DATA_PAGE_V2', encoding, count: 1 },
        ],
      },
    }
  }

  /** @returns its bytes before compression, header included */
  #writePage(encoding: Encoding, values: Uint8Array, column: Column, rows: number): number {
    const levels = levelsOf(column, rows)
    const compressed = zstdCompressSync(values, { params })
    const start = this.#file.offset
    writePageHeader(this.#file, {
      type: 'DATA_PAGE_V2',
      uncompressed_page_size: levels.length + values.length,
      compressed_page_size: levels.length + compressed.length,
      data_page_header_v2: {
        num_values: rows,
        num_nulls: rows - column.count,
        num_rows: rows,
        encoding,
        definition_levels_byte_length: levels.length,
        repetition_levels_byte_length: 0,
        is_compressed: true,
      },
    })
    const headerBytes = this.#file.offset - start
    this.#file.appendBytes(levels)
    this.#file.appendBytes(compressed)
    return headerBytes + levels.length + values.length
  }

  /** @returns its bytes before compression, header included */
  #writeDictionary(texts: readonly Uint8Array[]): number {
    const page = new ByteWriter()
    for (const text of texts) {
      page.appendUint32(text.length)
      page.appendBytes(text)
    }
    const compressed = zstdCompressSync(page.getBytes(), { params })
    const start = this.#file.offset
    writePageHeader(this.#file, {
      type: 'DICTIONARY_PAGE',
      uncompressed_page_size: page.offset,
      compressed_page_size: compressed.length,
      dictionary_page_header: { num_values: texts.length, encoding: 'PLAIN' },
    })
    const headerBytes = this.#file.offset - start
    this.#file.appendBytes(compressed)
    return headerBytes + page.offset
  }
}

/** Which rows have a value: the definition levels. */
function levelsOf({ isPresent, count }: Column, rows: number): Uint8Array {
  const writer = new ByteWriter(16)
  if (count === rows || count === 0) writeRun(writer, count === 0 ? 0 : 1, rows)
  else writePacked(writer, isPresent, rows, 1)
  return writer.getBytes()
}

function pageOf(element: SchemaElement, column: Column): { encoding: Encoding; bytes: Uint8Array } {
  const { values, count, texts } = column
  switch (element.type) {
    case 'DOUBLE':
      return { encoding: 'PLAIN', bytes: bytesOf(values.subarray(0, count)) }
    case 'INT32':
      return { encoding: 'PLAIN', bytes: bytesOf(Int32Array.from(values.subarray(0, count))) }
    case 'INT64': {
      const writer = new ByteWriter()
      writeDeltas(writer, values, count)
      return { encoding: 'DELTA_BINARY_PACKED', bytes: writer.getBytes() }
    }
    case 'BYTE_ARRAY': {
      if (count === 0) return { encoding: 'PLAIN', bytes: new Uint8Array() }
      const writer = new ByteWriter()
      // Readers disagree on a width of 0.
      const width = Math.max(1, bitWidth(texts.texts.length - 1))
      writer.appendUint8(width)
      if (texts.texts.length === 1) writeRun(writer, 0, count)
      else writePacked(writer, values, count, width)
      return { encoding: 'RLE_DICTIONARY', bytes: writer.getBytes() }
    }
    default:
      throw new Error(`a column of ${element.type} cannot be written`)
  }
}

/** Every machine that Node runs on is little-endian, as Parquet is. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function boundsOf(element: SchemaElement, { values, count, texts }: Column): Bounds {
  if (count === 0) return {}
  if (element.type === 'BYTE_ARRAY') {
    const sorted = texts.texts.toSorted(Buffer.compare)
    return { min_value: sorted[0]!, max_value: sorted.at(-1)! }
  }
  let min = values[0]!
  let max = min
  for (let i = 1; i < count; i++) {
    const value = values[i]!
    if (value < min) min = value
    else if (value > max) max = value
  }
  if (element.type === 'INT64') return { min_value: BigInt(min), max_value: BigInt(max) }
  // As the format requires: a bound of zero includes both zeros.
  if (element.type === 'DOUBLE') return { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max }
  return { min_value: min, max_value: max }
}
