// The tutorials' view of the ticks: "adj close", closeusd, the date as text. Pure.

import type { TableInput } from '@aws-sdk/client-glue'
import { type TickColumn, tickColumns } from '@ticklake/contract/columns.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import { storedViewInput, type ViewOf } from './stored-view.ts'

/** Tutorials know the columns of the first contract, so their `SELECT *` keeps its result. */
const shown = tickColumns.filter(({ since }) => since === 1)
const renamed: Partial<Record<TickColumn['name'], string>> = { adj_close: 'adj close', close_usd: 'closeusd' }

/** The view's Glue table. */
export function viewInput(of: ViewOf): TableInput {
  const columns = shown.map((column) => {
    const name = renamed[column.name] ?? column.name
    const type = column.glue === 'double' ? column.glue : 'varchar'
    const value = column.glue === 'date' ? `CAST(${quoted(column.name)} AS varchar)` : quoted(column.name)
    return { name, type, sql: value === quoted(name) ? value : `${value} ${quoted(name)}` }
  })
  const originalSql = [
    'SELECT',
    columns.map((column) => `  ${column.sql}`).join('\n, '),
    'FROM',
    `  ${quoted(of.database)}.${quoted(of.table)}`,
  ].join('\n')
  return storedViewInput(
    of,
    originalSql,
    columns.map(({ name, type }) => ({ name, type })),
  )
}
