// The columns of a Parquet file, from its footer alone.
import {
  type AsyncBuffer,
  parquetMetadataAsync,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet'
import { type HiveType, primitive } from '../../hive/column-type.ts'
import type { ReadRange } from '../read-range.ts'
import type { Schema } from '../schema.ts'

export function isParquet(head: Uint8Array): boolean {
  return head.length >= 12 && Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PAR1'
}

/** In: a file of which only the end is read. @throws Error when it is not a Parquet file; errors of `read` */
export async function parquetFileSchema(
  size: number,
  read: ReadRange,
): Promise<{ schema: Schema; records: number }> {
  const file: AsyncBuffer = {
    byteLength: size,
    async slice(start: number, end: number = size) {
      const bytes = await read(start, end)
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    },
  }
  const metadata = await parquetMetadataAsync(file, { initialFetchSize: 64 * 1024 })
  const { children } = parquetSchema(metadata)
  return {
    schema: children.map((node) => ({ name: node.element.name, type: nodeType(node) })),
    records: Number(metadata.num_rows),
  }
}

function nodeType(node: SchemaTree): HiveType {
  const { element, children } = node
  const type = children.length > 0 ? groupType(node) : primitiveType(element)
  // A repeated field outside a LIST is a list of itself.
  return element.repetition_type === 'REPEATED' ? { kind: 'array', of: type } : type
}

function groupType({ element, children }: SchemaTree): HiveType {
  const logical = element.logical_type?.type
  const inner = children[0]!
  if (logical === 'LIST' || element.converted_type === 'LIST') {
    // The list's middle level, unless an old writer omitted it.
    const item = inner.children.length === 1 && inner.element.name !== 'array' ? inner.children[0] : undefined
    return { kind: 'array', of: item ? nodeType(item) : withoutRepetition(inner) }
  }
  if (logical === 'MAP' || element.converted_type === 'MAP' || element.converted_type === 'MAP_KEY_VALUE') {
    const [key, value] = inner.children
    if (key && value) return { kind: 'map', key: nodeType(key), value: nodeType(value) }
  }
  return { kind: 'struct', fields: new Map(children.map((child) => [child.element.name, nodeType(child)])) }
}

function withoutRepetition(node: SchemaTree): HiveType {
  return node.children.length > 0 ? groupType(node) : primitiveType(node.element)
}

const byConvertedType: Record<string, string> = {
  UTF8: 'string',
  ENUM: 'string',
  JSON: 'string',
  DATE: 'date',
  TIMESTAMP_MILLIS: 'timestamp',
  TIMESTAMP_MICROS: 'timestamp',
  INT_8: 'tinyint',
  INT_16: 'smallint',
  INT_32: 'int',
  INT_64: 'bigint',
  UINT_8: 'smallint',
  UINT_16: 'int',
  UINT_32: 'bigint',
}
const byLogicalType: Record<string, string> = {
  STRING: 'string',
  ENUM: 'string',
  JSON: 'string',
  UUID: 'string',
  DATE: 'date',
  TIMESTAMP: 'timestamp',
}
const byPhysicalType: Record<string, string> = {
  BOOLEAN: 'boolean',
  INT32: 'int',
  INT64: 'bigint',
  INT96: 'timestamp',
  FLOAT: 'float',
  DOUBLE: 'double',
  BYTE_ARRAY: 'binary',
  FIXED_LEN_BYTE_ARRAY: 'binary',
}

function primitiveType(element: SchemaElement): HiveType {
  const { logical_type: logical, converted_type: converted, type } = element
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') {
    const facts = logical?.type === 'DECIMAL' ? logical : element
    return primitive(`decimal(${facts.precision ?? 38},${facts.scale ?? 0})`)
  }
  if (logical?.type === 'INTEGER') {
    const bits = logical.isSigned ? logical.bitWidth : logical.bitWidth * 2
    return primitive(bits <= 8 ? 'tinyint' : bits <= 16 ? 'smallint' : bits <= 32 ? 'int' : 'bigint')
  }
  return primitive(
    (logical && byLogicalType[logical.type]) ??
      (converted && byConvertedType[converted]) ??
      byPhysicalType[type ?? 'BYTE_ARRAY'] ??
      'binary',
  )
}
