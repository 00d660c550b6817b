// One table of Glue: its columns, parameters and storage, or the SQL of a view.
import type { Column, TableDetail as Detail } from '../../../server/wire.ts'
import { moment } from '../parts/format.ts'
import panel from '../parts/panel.module.css'
import { Legend, Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAnswer } from '../parts/request.ts'
import { ScrollArea } from '../parts/scroll-area.tsx'
import tables from '../parts/table.module.css'
import { Partitions } from './partitions.tsx'
import styles from './table-detail.module.css'
import type { Picked } from './table-tree.tsx'

export function TableDetail({ picked }: { picked: Picked }) {
  const query = new URLSearchParams({ database: picked.database, table: picked.table })
  const { value: table, problem, again } = useAnswer<Detail>(`/api/table?${query}`)
  if (problem) return <ProblemNote problem={problem} onRetry={again} />
  if (!table) return <p class={`empty ${panel.panel}`}>Loading …</p>
  return (
    <>
      <Panel title={`${table.database}.${table.name}`} aside={<Legend>{table.kind}</Legend>}>
        {table.description && <p class="note">{table.description}</p>}
        <Columns columns={table.columns} keys={table.partitionKeys} />
        <details class={styles.more}>
          <summary>Parameters and storage</summary>
          <dl class={styles.pairs} data-testid="parameters">
            {table.location && <Pair name="location" value={table.location} />}
            {Object.entries(table.parameters).map(([name, value]) => (
              <Pair key={name} name={name} value={value} />
            ))}
            {Object.entries(table.storage).map(([name, value]) => (
              <Pair key={name} name={name} value={value} />
            ))}
            <Pair name="created" value={moment(table.createdAt)} />
            <Pair name="updated" value={moment(table.updatedAt)} />
          </dl>
        </details>
        {table.viewSql && (
          <details class={styles.more} open>
            <summary>SQL of the view</summary>
            <ScrollArea label="The statement of the view">
              <pre>{table.viewSql}</pre>
            </ScrollArea>
          </details>
        )}
      </Panel>
      {table.kind === 'table' && <Partitions table={table} />}
    </>
  )
}

function Columns({ columns, keys }: { columns: readonly Column[]; keys: readonly Column[] }) {
  const keyNames = new Set(keys.map(({ name }) => name))
  return (
    <ScrollArea label="Columns">
      <table class={tables.plain}>
        <thead>
          <tr>
            <th scope="col">column</th>
            <th scope="col">type</th>
            <th scope="col">description</th>
          </tr>
        </thead>
        <tbody>
          {columns.map(({ name, type, comment }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
                {keyNames.has(name) && <span class={styles.tag}>partition key</span>}
              </th>
              <td>
                <code class={styles.type}>{type}</code>
              </td>
              <td>{comment ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  )
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </div>
  )
}
