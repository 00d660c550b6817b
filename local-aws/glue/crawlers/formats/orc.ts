// The columns of an ORC object, from its footer alone.
import { inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { type HiveType, primitive } from '../../hive/column-type.ts'
import { unpackLz4Block } from '../compression/lz4.ts'
import { Sink } from '../compression/sink.ts'
import { snappyBlock } from '../compression/snappy.ts'
import type { ReadRange } from '../read-range.ts'
import type { Schema } from '../schema.ts'
import { type Field, fieldsOf } from './protobuf.ts'

const tailBytes = 16 * 1024
const mostFooter = 16 * 1024 * 1024

export function isOrc(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 3)).toString('latin1') === 'ORC'
}

/** In: a file of which only the end is read. @throws Error when it is not an ORC file; errors of `read` */
export async function orcSchema(size: number, read: ReadRange): Promise<{ schema: Schema; records: number }> {
  const start = Math.max(0, size - tailBytes)
  let tail = await read(start, size)
  const postscriptLength = tail.at(-1)!
  const postscript = numbers(tail.subarray(tail.length - 1 - postscriptLength, tail.length - 1))
  const footerLength = postscript.get(1) ?? 0
  const compression = postscript.get(2) ?? 0
  const needed = footerLength + postscriptLength + 1
  if (footerLength === 0 || footerLength > mostFooter || needed > size)
    throw new Error('its footer is broken')
  if (needed > tail.length) tail = await read(size - needed, size)
  const packed = tail.subarray(tail.length - needed, tail.length - 1 - postscriptLength)
  return footer(compression === 0 ? packed : unpackChunks(packed, compression))
}

function footer(bytes: Uint8Array): { schema: Schema; records: number } {
  const types: OrcType[] = []
  let records = 0
  for (const field of fieldsOf(bytes)) {
    if (field.number === 4 && field.bytes) types.push(orcType(field.bytes))
    else if (field.number === 6) records = field.value ?? 0
  }
  const root = types[0] && hiveType(types, 0, 0)
  if (root?.kind !== 'struct') throw new Error('its footer has no columns')
  return { schema: [...root.fields].map(([name, type]) => ({ name, type })), records }
}

interface OrcType {
  readonly kind: number
  readonly children: readonly number[]
  readonly names: readonly string[]
  readonly precision: number
  readonly scale: number
  readonly length: number
}

function orcType(bytes: Uint8Array): OrcType {
  const children: number[] = []
  const names: string[] = []
  const single = new Map<number, number>()
  for (const field of fieldsOf(bytes)) {
    if (field.number === 2) children.push(...repeated(field))
    else if (field.number === 3 && field.bytes) names.push(new TextDecoder().decode(field.bytes))
    else if (field.value !== undefined) single.set(field.number, field.value)
  }
  return {
    kind: single.get(1) ?? 0,
    children,
    names,
    length: single.get(4) ?? 0,
    precision: single.get(5) ?? 38,
    scale: single.get(6) ?? 0,
  }
}

/** A repeated number may be packed. */
function repeated({ value, bytes }: Field): number[] {
  if (value !== undefined) return [value]
  const found: number[] = []
  let number = 0
  let shift = 1
  for (const byte of bytes ?? []) {
    number += (byte & 0x7f) * shift
    shift *= 128
    if (byte < 0x80) {
      found.push(number)
      number = 0
      shift = 1
    }
  }
  return found
}

const numbers = (bytes: Uint8Array) =>
  new Map(Array.from(fieldsOf(bytes), ({ number, value }) => [number, value ?? 0]))

/** By the type's number in ORC's protocol. */
const primitives: Readonly<Record<number, string>> = {
  0: 'boolean',
  1: 'tinyint',
  2: 'smallint',
  3: 'int',
  4: 'bigint',
  5: 'float',
  6: 'double',
  7: 'string',
  8: 'binary',
  9: 'timestamp',
  15: 'date',
  18: 'timestamp',
}
const [list, map, struct, union, decimal, varchar, char] = [10, 11, 12, 13, 14, 16, 17]
const deepest = 100

function hiveType(types: readonly OrcType[], index: number, depth: number): HiveType {
  const type = types[index]
  if (!type || depth > deepest) throw new Error('its footer is broken')
  const child = (i: number) => hiveType(types, type.children[i] ?? -1, depth + 1)
  switch (type.kind) {
    case list:
      return { kind: 'array', of: child(0) }
    case map:
      return { kind: 'map', key: child(0), value: child(1) }
    case struct:
      return {
        kind: 'struct',
        fields: new Map(type.children.map((_, i) => [type.names[i] ?? `_col${i}`, child(i)])),
      }
    case union:
      return primitive('string')
    case decimal:
      return primitive(`decimal(${type.precision},${type.scale})`)
    case varchar:
      return primitive(`varchar(${type.length})`)
    case char:
      return primitive(`char(${type.length})`)
    default:
      return primitive(primitives[type.kind] ?? 'string')
  }
}

/** Chunks with a header of three bytes: twice their length, and whether they are stored uncompressed. */
function unpackChunks(packed: Uint8Array, compression: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at + 3 <= packed.length; ) {
    const header = packed[at]! | (packed[at + 1]! << 8) | (packed[at + 2]! << 16)
    const chunk = packed.subarray(at + 3, at + 3 + (header >> 1))
    parts.push(header & 1 ? chunk : unpackChunk(chunk, compression))
    at += 3 + (header >> 1)
  }
  return Buffer.concat(parts)
}

function unpackChunk(chunk: Uint8Array, compression: number): Uint8Array {
  const maxOutputLength = mostFooter
  switch (compression) {
    case 1:
      return inflateRawSync(chunk, { maxOutputLength })
    case 2:
      return snappyBlock(chunk)
    case 4: {
      const sink = new Sink(mostFooter)
      unpackLz4Block(chunk, sink)
      return sink.bytes()
    }
    case 5:
      return zstdDecompressSync(chunk, { maxOutputLength })
    default:
      throw new Error('its compression is not known')
  }
}
