// Reads a message with other names for the columns, or numbers as text, as the tick that it means.
import { type ColumnName, columnNamed } from './aliases.ts'
import type { TickColumn } from './columns.ts'

type Fields = Readonly<Record<string, unknown>>

const numberText = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

/**
 * The fields under the contract's names: a name in another case or an alias counts if the column's own name is missing
 * and only one field could be meant; numbers in strings are converted; a missing nullable field is null. @param columns
 * the reading contract's columns
 */
export function withOwnNames(fields: Fields, columns: readonly TickColumn[]): Record<string, unknown> {
  const named = fieldsByColumn(fields)
  const own: Record<string, unknown> = {}
  for (const { name, glue, nullable, since } of columns) {
    const candidates = named.get(name) ?? []
    const field = Object.hasOwn(fields, name) ? name : candidates.length === 1 ? candidates[0] : undefined
    if (field === undefined) {
      if (nullable && since === 1 && candidates.length === 0) own[name] = null
      continue
    }
    const value = fields[field]
    own[name] =
      glue === 'double' && typeof value === 'string' && numberText.test(value) ? Number(value) : value
  }
  return own
}

/** What the message has instead of a missing column: ``there is `Index` ``; empty if nothing. */
export function nearName(fields: Fields, name: ColumnName): string {
  const candidates = fieldsByColumn(fields).get(name) ?? []
  if (candidates.length === 0) return ''
  const shown = candidates.map((field) => `\`${field.slice(0, 40)}\``)
  return candidates.length === 1
    ? `; there is ${shown[0]}`
    : `; it could be ${shown.slice(0, 3).join(' or ')}`
}

/** Fields that mean a column under another name, by column; its name in another case comes before its aliases. */
function fieldsByColumn(fields: Fields): Map<ColumnName, string[]> {
  const own = new Map<ColumnName, string[]>()
  const aliases = new Map<ColumnName, string[]>()
  for (const field of Object.keys(fields)) {
    const match = columnNamed(field)
    if (match === undefined || match.column === field) continue
    const named = match.isAlias ? aliases : own
    named.set(match.column, [...(named.get(match.column) ?? []), field])
  }
  // Index beside Symbol may be the index that a stock belongs to.
  const index = [...(own.get('index') ?? []), ...(aliases.get('index') ?? [])]
  return new Map([...aliases, ...own, ...(index.length > 0 ? [['index', index] as const] : [])])
}
