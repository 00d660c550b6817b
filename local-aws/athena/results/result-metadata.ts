// The `.metadata` object beside a result: a small protobuf message that describes its columns.
import type { ColumnInfo } from './column-info.ts'

/** Types without the fields for sizes. */
const withoutSizes = new Set(['array', 'map', 'row', 'json', 'string'])

/** The bytes of the message. */
export function resultMetadata(facts: {
  queryId: string
  updateType: string | undefined
  updateCount: number | undefined
  columns: readonly ColumnInfo[]
}): Buffer {
  return Buffer.concat([
    text(1, facts.queryId),
    facts.updateType === undefined ? Buffer.alloc(0) : text(2, facts.updateType),
    facts.updateCount === undefined ? Buffer.alloc(0) : number(3, facts.updateCount),
    ...facts.columns.map((column) => bytes(4, columnMessage(column))),
  ])
}

function columnMessage(column: ColumnInfo): Buffer {
  const type = column.Type
  const hasSizes = !withoutSizes.has(type)
  const parts = [text(1, column.CatalogName), text(4, column.Name), text(5, column.Label), text(6, type)]
  if (hasSizes && type !== 'boolean' && type !== 'date') parts.push(number(7, column.Precision))
  if (hasSizes && type !== 'boolean') parts.push(number(8, column.Scale))
  parts.push(number(9, 3))
  if (hasSizes) parts.push(number(10, column.CaseSensitive ? 1 : 0))
  return Buffer.concat(parts)
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value, 'utf8'))
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value])
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)])
}

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = BigInt(value)
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128)
  out.push(Number(rest))
  return Buffer.from(out)
}
