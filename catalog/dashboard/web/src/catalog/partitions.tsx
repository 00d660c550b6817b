// The partitions of a table, the objects of one of them, and a few rows of one object.
import { useEffect, useState } from 'preact/hooks'
import type { ObjectSummary, TableDetail } from '../../../server/wire.ts'
import controls from '../parts/controls.module.css'
import { bytes, plural } from '../parts/format.ts'
import { Legend, Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAnswer } from '../parts/request.ts'
import { ScrollArea } from '../parts/scroll-area.tsx'
import tables from '../parts/table.module.css'
import { SampleRows } from './sample-rows.tsx'

export function Partitions({ table }: { table: TableDetail }) {
  const now = new Date().toISOString()
  const [values, setValues] = useState<readonly string[]>()
  const [hoursBack, setHoursBack] = useState(0)
  // Hours that are registered ahead are empty: the newest that can have rows is selected first.
  const begun = table.partitions.filter(({ values: [dt, hour] }) => `${dt}T${hour}` <= now.slice(0, 13))
  const shown = values ?? begun[hoursBack]?.values ?? table.partitions[0]?.values ?? []
  const query = new URLSearchParams({
    database: table.database,
    table: table.name,
  })
  for (const value of shown) query.append('value', value)
  const objects = useAnswer<{ objects: ObjectSummary[] }>(`/api/objects?${query}`)
  const isEmpty = objects.value?.objects.length === 0
  // An hour that has just begun may be empty, too: then the one before it is shown.
  useEffect(() => {
    if (isEmpty && values === undefined && hoursBack === 0 && begun.length > 1) setHoursBack(1)
  }, [isEmpty, values, hoursBack, begun.length])
  return (
    <Panel
      title="Partitions and objects"
      aside={
        <Legend>
          {table.partitionKeys.length > 0 ? plural(table.partitionCount, 'partition') : 'not partitioned'}
        </Legend>
      }
    >
      {table.partitions.length > 0 && (
        <label class={controls.field}>
          <span>partition</span>
          <select
            value={JSON.stringify(shown)}
            onChange={(event) => setValues(JSON.parse(event.currentTarget.value))}
          >
            {table.partitions.map((partition) => (
              <option key={partition.location} value={JSON.stringify(partition.values)}>
                {partition.values.map((value, i) => `${table.partitionKeys[i]?.name}=${value}`).join(' / ')}
              </option>
            ))}
          </select>
        </label>
      )}
      {objects.problem && <ProblemNote problem={objects.problem} onRetry={objects.again} />}
      {objects.value && (
        <Objects key={JSON.stringify(shown)} table={table} values={shown} objects={objects.value.objects} />
      )}
    </Panel>
  )
}

function Objects({
  table,
  values,
  objects,
}: {
  table: TableDetail
  values: readonly string[]
  objects: readonly ObjectSummary[]
}) {
  const [key, setKey] = useState<string>()
  if (objects.length === 0) return <p class="empty">No objects yet.</p>
  return (
    <>
      <ScrollArea label="Objects" tall>
        <table class={`${tables.plain} ${tables.objects}`}>
          <thead>
            <tr>
              <th scope="col">object</th>
              <th scope="col" class="right">
                size
              </th>
              <th scope="col">
                <span class="hidden">rows</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {objects.map((object) => (
              <tr key={object.key}>
                <th scope="row">
                  <code class={tables.objectKey}>{object.key.slice(object.key.lastIndexOf('/') + 1)}</code>
                </th>
                <td class="num right">{bytes(object.size)}</td>
                <td class="right">
                  <button
                    type="button"
                    class={controls.quiet}
                    aria-pressed={key === object.key}
                    onClick={() => setKey(object.key)}
                  >
                    Sample rows
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
      {key && <SampleRows key={key} table={table} values={values} object={key} />}
    </>
  )
}
