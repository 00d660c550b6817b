// The claims of one partition, the newest first.
import { useState } from 'preact/hooks'
import type { About, ClaimRow } from '../../../server/wire.ts'
import { useLive } from '../live/live-data.ts'
import controls from '../parts/controls.module.css'
import { count, duration, plural } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAnswer } from '../parts/request.ts'
import { ScrollArea } from '../parts/scroll-area.tsx'
import tables from '../parts/table.module.css'

export function Claims({ about }: { about: About }) {
  const { pipeline } = useLive('pipeline')
  const partitions = pipeline?.topic.partitions.map(({ partition }) => partition) ?? []
  const [partition, setPartition] = useState(0)
  const [before, setBefore] = useState<number>()
  const query = new URLSearchParams({
    partition: String(partition),
    ...(before ? { before: String(before) } : {}),
  })
  const claims = useAnswer<{ claims: ClaimRow[] }>(`/api/claims?${query}`)
  const shown = claims.value?.claims ?? []
  const oldest = shown.at(-1)
  return (
    <Panel
      title="Claims"
      aside={
        <div class={controls.tools}>
          <label class={controls.field}>
            <span>partition</span>
            <select
              value={partition}
              onChange={(event) => {
                setBefore(undefined)
                setPartition(Number(event.currentTarget.value))
              }}
            >
              {(partitions.length > 0 ? partitions : [0]).map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
          <button type="button" class={controls.quiet} onClick={claims.again}>
            Reload
          </button>
        </div>
      }
    >
      <p class="note">
        Written before the data: which offsets of {about.topic} are in which objects. Each claim starts where
        the one before ends.
      </p>
      {claims.problem && <ProblemNote problem={claims.problem} onRetry={claims.again} />}
      {claims.value && shown.length === 0 && <p class="empty">This partition has no claim yet.</p>}
      {shown.length > 0 && (
        <ScrollArea label="Claims of the partition" tall>
          <table class={`${tables.plain} ${tables.claims}`}>
            <thead>
              <tr>
                <th scope="col" class="right">
                  from
                </th>
                <th scope="col" class="right">
                  to
                </th>
                <th scope="col" class="right">
                  rows
                </th>
                <th scope="col" class="right">
                  dead
                </th>
                <th scope="col" class="right">
                  gaps
                </th>
                <th scope="col" class="right">
                  skipped
                </th>
                <th scope="col">written</th>
                <th scope="col">objects</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((claim) => (
                <tr key={claim.S} class={claim.fault ? tables.bad : ''}>
                  <th scope="row" class="num right">
                    {count(claim.S)}
                  </th>
                  <td class="num right">{count(claim.E)}</td>
                  <td class="num right">{count(claim.rows)}</td>
                  <td class={`num right ${claim.dead > 0 ? tables.warn : ''}`}>{count(claim.dead)}</td>
                  <td class="num right">{count(claim.gaps)}</td>
                  <td class={`num right ${claim.skipped > 0 ? tables.warn : ''}`}>{count(claim.skipped)}</td>
                  <td class="num">{duration(claim.ageMs)} ago</td>
                  <td>
                    {claim.fault ??
                      claim.files.map(({ key, rows }) => (
                        <code key={key} class={tables.objectKey} title={`${key}: ${plural(rows, 'row')}`}>
                          {shortKey(key)}
                        </code>
                      ))}
                    {claim.reason && <span class="note">{claim.reason}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
      <div class={`${controls.tools} ${controls.pages}`}>
        <button
          type="button"
          class={controls.quiet}
          disabled={before === undefined}
          onClick={() => setBefore(undefined)}
        >
          Newest
        </button>
        <button
          type="button"
          class={controls.quiet}
          disabled={!oldest || oldest.S === 0}
          onClick={() => oldest && setBefore(oldest.S)}
        >
          Older
        </button>
      </div>
    </Panel>
  )
}

function shortKey(key: string): string {
  const folders = key.split('/').slice(0, -1)
  const dt = folders.find((folder) => folder.startsWith('dt='))?.slice('dt='.length)
  const hour = folders.find((folder) => folder.startsWith('hour='))?.slice('hour='.length)
  return dt ? `${dt} ${hour}h` : key.slice(key.lastIndexOf('/') + 1)
}
