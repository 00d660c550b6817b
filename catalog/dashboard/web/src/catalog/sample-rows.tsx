// A few rows of one object, which Athena reads.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { TableDetail } from '../../../server/wire.ts'
import { bytes, duration, plural } from '../parts/format.ts'
import { ProblemNote } from '../parts/problem-note.tsx'
import { type QueryRun, runQuery } from '../parts/query-run.ts'
import { ResultTable } from '../parts/result-table.tsx'

export function SampleRows({
  table,
  values,
  object,
}: {
  table: TableDetail
  values: readonly string[]
  object: string
}) {
  const [run, setRun] = useState<QueryRun>()
  const container = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const leave = new AbortController()
    const body = { database: table.database, table: table.name, values, key: object }
    void runQuery(
      '/api/sample',
      body,
      '',
      leave.signal,
      (news) => !leave.signal.aborted && setRun(news),
    ).then(() => container.current?.scrollIntoView({ block: 'nearest' }))
    return () => leave.abort()
  }, [table, values, object])
  return (
    <div ref={container} data-testid="sample">
      {run?.state === 'running' && <p class="empty">Reading a few of its rows …</p>}
      {run?.problem && <ProblemNote problem={run.problem} />}
      {run?.state === 'done' && (
        <>
          <p class="note" role="status">
            {plural(run.rows.length, 'row')} of {object.slice(object.lastIndexOf('/') + 1)},{' '}
            {duration(run.elapsedMs)}, {bytes(run.scannedBytes)} scanned
          </p>
          <ResultTable columns={run.columns} rows={run.rows} label="Sample rows" fileName="sample" compact />
        </>
      )}
    </div>
  )
}
