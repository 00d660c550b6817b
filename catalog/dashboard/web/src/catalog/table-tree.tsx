// The databases of Glue with their tables; one table is picked.
import type { ComponentChildren } from 'preact'
import type { DatabaseSummary } from '../../../server/wire.ts'
import { plural } from '../parts/format.ts'
import panel from '../parts/panel.module.css'
import styles from './table-tree.module.css'

export interface Picked {
  readonly database: string
  readonly table: string
}

interface Props {
  /** undefined while Glue has not answered */
  readonly databases: readonly DatabaseSummary[] | undefined
  readonly picked: Picked
  readonly onPick: (picked: Picked) => void
  readonly children: ComponentChildren
}

export function TableTree({ databases, picked, onPick, children }: Props) {
  return (
    <nav class={`${panel.panel} ${styles.tree}`} aria-label="Databases and tables">
      {children}
      {databases?.map((database) => (
        <Database key={database.name} database={database} picked={picked} onPick={onPick} />
      ))}
      {databases?.length === 0 && <p class="empty">Glue has no database yet.</p>}
    </nav>
  )
}

function Database({
  database,
  picked,
  onPick,
}: {
  database: DatabaseSummary
  picked: Picked
  onPick: (picked: Picked) => void
}) {
  return (
    <details open={database.name === picked.database || database.name === `${picked.database}_crawled`}>
      <summary title={database.description}>{database.name}</summary>
      <ul>
        {database.tables.map(({ name, kind, columns }) => {
          const current = picked.database === database.name && picked.table === name
          return (
            <li key={name}>
              <button
                type="button"
                aria-current={current ? 'true' : undefined}
                onClick={() => onPick({ database: database.name, table: name })}
              >
                <span>{name}</span>
                <span class="note">{kind === 'view' ? 'view' : plural(columns.length, 'column')}</span>
              </button>
            </li>
          )
        })}
        {database.tables.length === 0 && <li class="empty">no table yet</li>}
      </ul>
    </details>
  )
}
