// The format and compression of CTAS and UNLOAD, with Athena's names and the engine's.

import { literal } from '@ticklake/runtime/sql/tokens.ts'
import { notSupported } from '../api/errors.ts'
import { invalidProperty, type Property, plainValue } from './property-list.ts'

interface Written {
  /** Properties of the engine's table, as SQL. */
  readonly properties: readonly string[]
  /** Settings of the engine's catalog. */
  readonly session: Readonly<Record<string, string>>
}

/** Athena's compressions of a format; the first is its default. */
const compressions: Readonly<Record<string, readonly string[]>> = {
  PARQUET: ['GZIP', 'SNAPPY', 'ZSTD', 'LZ4', 'LZO', 'NONE', 'UNCOMPRESSED'],
  ORC: ['ZLIB', 'SNAPPY', 'ZSTD', 'LZ4', 'NONE'],
  AVRO: ['DEFLATE', 'GZIP', 'SNAPPY', 'ZSTD', 'BZIP2', 'NONE'],
  JSON: ['GZIP', 'SNAPPY', 'ZSTD', 'LZ4', 'DEFLATE', 'BZIP2', 'NONE'],
  TEXTFILE: ['GZIP', 'SNAPPY', 'ZSTD', 'LZ4', 'DEFLATE', 'BZIP2', 'NONE'],
}

/** The engine's name for each of them; those that it cannot write are missing. */
const codecs: Readonly<Record<string, string>> = {
  GZIP: 'GZIP',
  ZLIB: 'GZIP',
  DEFLATE: 'GZIP',
  SNAPPY: 'SNAPPY',
  ZSTD: 'ZSTD',
  LZ4: 'LZ4',
  NONE: 'NONE',
  UNCOMPRESSED: 'NONE',
}

/** The properties that may name the compression, by format; write_compression is for all. */
const compressionNames: Readonly<Record<string, string | undefined>> = {
  write_compression: undefined,
  compression: undefined,
  parquet_compression: 'PARQUET',
  orc_compression: 'ORC',
}

/** The names of the properties that are read here. */
export const formatProperties: readonly string[] = [
  'format',
  'field_delimiter',
  'compression_level',
  ...Object.keys(compressionNames),
]

/** @throws QueryFailure for a value that Athena or the engine does not accept */
export function writtenFormat(sql: string, given: ReadonlyMap<string, Property>): Written {
  const value = (name: string) => {
    const property = given.get(name)
    return property && plainValue(sql, property)
  }
  const refuse = (name: string, what: string) => invalidProperty(sql, given.get(name)!.start, what)

  const format = value('format')?.toUpperCase() ?? 'PARQUET'
  const known = Object.hasOwn(compressions, format) ? compressions[format]! : undefined
  if (!known) {
    throw refuse(
      'format',
      `Unable to set table property 'format' to '${format}': it is none of ${Object.keys(compressions).join(', ')}`,
    )
  }
  const compressionName = Object.keys(compressionNames).find((name) => given.has(name))
  const compression = compressionName === undefined ? known[0]! : value(compressionName)!.toUpperCase()
  if (compressionName !== undefined) {
    if ((compressionNames[compressionName] ?? format) !== format)
      throw refuse(compressionName, `Table property '${compressionName}' is not for the format ${format}`)
    if (!known.includes(compression))
      throw refuse(compressionName, `Compression ${compression} is not supported for the format ${format}`)
  }
  const codec = codecs[compression]
  if (codec === undefined)
    throw notSupported(`${compression} compression of ${format} is not supported by local-aws yet`)

  const level = value('compression_level')
  if (level !== undefined && (compression !== 'ZSTD' || !/^(?:[1-9]|1\d|2[0-2])$/.test(level)))
    throw refuse('compression_level', "Table property 'compression_level' is for ZSTD, from 1 to 22")

  const properties = [`format = '${format}'`]
  const delimiter = value('field_delimiter')
  if (delimiter !== undefined) {
    if (format !== 'TEXTFILE')
      throw refuse('field_delimiter', `Table property 'field_delimiter' is not for the format ${format}`)
    const sign = delimiter === '\\t' ? '\t' : delimiter
    if (sign.length !== 1)
      throw refuse('field_delimiter', "Table property 'field_delimiter' takes a single character")
    properties.push(`textfile_field_separator = ${literal(sign)}`)
  }
  return { properties, session: { compression_codec: codec } }
}
