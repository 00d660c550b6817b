// The columns of an Avro object, from the schema in its header.
import { type HiveType, primitive, unknownType } from '../../hive/column-type.ts'
import type { Schema } from '../schema.ts'

const magic = [0x4f, 0x62, 0x6a, 0x01]
const syncLength = 16

type AvroSchema = string | AvroSchema[] | { readonly type: AvroSchema; readonly [key: string]: unknown }

export interface AvroFinding {
  readonly schema: Schema
  /** The number of records in the sample. */
  readonly records: number
  /** The schema in the header, as text. */
  readonly literal: string
}

export function isAvro(head: Uint8Array): boolean {
  return magic.every((byte, i) => head[i] === byte)
}

/** @throws Error when the header is broken, or its schema is not a record */
export function avroSchema(sample: Uint8Array): AvroFinding {
  const reader = new AvroReader(sample, magic.length)
  const metadata = reader.map()
  const literal = metadata.get('avro.schema')
  if (literal === undefined) throw new Error('its header has no schema')
  const named = new Map<string, HiveType>()
  const type = hiveType(JSON.parse(literal) as AvroSchema, named, 0)
  if (type.kind !== 'struct') throw new Error('its schema is not a record')
  const schema = [...type.fields].map(([name, field]) => ({ name, type: field }))
  reader.skip(syncLength)
  return { schema, records: countRecords(reader), literal }
}

function countRecords(reader: AvroReader): number {
  let records = 0
  try {
    while (!reader.isAtEnd) {
      const count = reader.long()
      reader.skip(reader.long() + syncLength)
      records += count
    }
  } catch {
    // In a truncated sample the last block counts as far as it was read.
  }
  return records
}

class AvroReader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  skip(count: number): void {
    this.#at += count
  }

  /** Zigzag, seven bits a byte. @throws Error at the end of the sample */
  long(): number {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined || shift > 63n) throw new Error('its header is cut or broken')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n))
    }
  }

  map(): Map<string, string> {
    const entries = new Map<string, string>()
    for (let count = this.long(); count !== 0; count = this.long()) {
      // A negative count is followed by the size of the block.
      if (count < 0) this.long()
      for (let i = 0; i < Math.abs(count); i++) entries.set(this.#text(), this.#text())
    }
    return entries
  }

  #text(): string {
    const length = this.long()
    const end = this.#at + length
    if (length < 0 || end > this.#bytes.length) throw new Error('its header is cut or broken')
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end))
    this.#at = end
    return text
  }
}

const primitives: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  int: 'int',
  long: 'bigint',
  float: 'float',
  double: 'double',
  bytes: 'binary',
  string: 'string',
  enum: 'string',
  fixed: 'binary',
}
const logicalTypes: Readonly<Record<string, string>> = {
  date: 'date',
  'timestamp-millis': 'timestamp',
  'timestamp-micros': 'timestamp',
  'local-timestamp-millis': 'timestamp',
  'local-timestamp-micros': 'timestamp',
  uuid: 'string',
}
const deepest = 100

function hiveType(schema: AvroSchema, named: Map<string, HiveType>, depth: number): HiveType {
  if (depth > deepest) throw new Error('its schema is nested too deep')
  if (typeof schema === 'string') {
    const simple = primitives[schema]
    return simple ? primitive(simple) : (named.get(schema) ?? unknownType)
  }
  if (Array.isArray(schema)) {
    const others = schema.filter((option) => option !== 'null')
    if (others.length === 1) return hiveType(others[0]!, named, depth + 1)
    // Hive has no column for a union of several types.
    return others.length === 0 ? unknownType : primitive('string')
  }
  const { type, logicalType } = schema
  if (logicalType === 'decimal') {
    return primitive(`decimal(${Number(schema.precision ?? 38)},${Number(schema.scale ?? 0)})`)
  }
  const logical = typeof logicalType === 'string' ? logicalTypes[logicalType] : undefined
  if (logical) return primitive(logical)
  if (type === 'record' || type === 'error') return recordType(schema, named, depth)
  if (type === 'array') return { kind: 'array', of: hiveType(schema.items as AvroSchema, named, depth + 1) }
  if (type === 'map') {
    const value = hiveType(schema.values as AvroSchema, named, depth + 1)
    return { kind: 'map', key: primitive('string'), value }
  }
  const found = hiveType(type, named, depth + 1)
  remember(schema, found, named)
  return found
}

function recordType(
  schema: { readonly [key: string]: unknown },
  named: Map<string, HiveType>,
  depth: number,
): HiveType {
  const fields = new Map<string, HiveType>()
  for (const field of (schema.fields ?? []) as { name: string; type: AvroSchema }[]) {
    fields.set(field.name, hiveType(field.type, named, depth + 1))
  }
  const type: HiveType = { kind: 'struct', fields }
  remember(schema, type, named)
  return type
}

/** Later parts of the schema refer to a named type by its name, with its namespace or without. */
function remember(
  schema: { readonly [key: string]: unknown },
  type: HiveType,
  named: Map<string, HiveType>,
): void {
  const { name, namespace } = schema
  if (typeof name !== 'string') return
  named.set(name, type)
  if (typeof namespace === 'string') named.set(`${namespace}.${name}`, type)
}
