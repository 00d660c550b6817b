// Reads a message whose writer knows the columns by other names, or writes numbers as text: as the tick that it means.
import { type ColumnName, columnNamed } from './aliases.ts'
import type { TickColumn } from './columns.ts'

type Fields = Readonly<Record<string, unknown>>

const numberText = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

/**
 * The fields under the contract's names: a name in another case or an alias counts where the column's own name is
 * missing and one field alone could be meant; a number that is a text becomes one; a nullable field that is left out is
 * null.
 * @param columns those of the contract that reads
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

/** What stands in the place of a column that is missing: ``there is `Index` ``; empty where nothing does. */
export function nearName(fields: Fields, name: ColumnName): string {
  const candidates = fieldsByColumn(fields).get(name) ?? []
  if (candidates.length === 0) return ''
  const shown = candidates.map((field) => `\`${field.slice(0, 40)}\``)
  return candidates.length === 1
    ? `; there is ${shown[0]}`
    : `; it could be ${shown.slice(0, 3).join(' or ')}`
}

/** Fields that mean a column and do not have its name, by the column; its name in another case before its aliases. */
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
