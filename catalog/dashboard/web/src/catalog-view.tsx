// The catalog: databases, tables, columns, partitions, and the objects behind them, down to a few rows of one.
import { useEffect, useRef, useState } from 'preact/hooks'
import type {
  About,
  Column,
  CrawlView,
  DatabaseSummary,
  ObjectSummary,
  TableDetail,
} from '../../server/wire.ts'
import { ask, useAction, useAsked } from './ask.ts'
import { bytes, count, duration, moment, plural } from './format.ts'
import { ProblemNote } from './problem-note.tsx'
import { type QueryRun, runQuery } from './query-run.ts'
import { ResultTable } from './result-table.tsx'
import { ScrollArea } from './scroll-area.tsx'

interface Picked {
  readonly database: string
  readonly table: string
}

export function CatalogView({ about }: { about: About }) {
  const catalog = useAsked<{ databases: DatabaseSummary[] }>('/api/catalog')
  const [picked, setPicked] = useState<Picked>({ database: about.database, table: about.table })
  const known = catalog.value?.databases
    .find(({ name }) => name === picked.database)
    ?.tables.some(({ name }) => name === picked.table)
  return (
    <div class="catalog">
      <h1>The data catalog</h1>
      <div class="catalog-body">
        <nav class="panel tree" aria-label="Databases and tables">
          {catalog.problem && <ProblemNote problem={catalog.problem} onAgain={catalog.again} />}
          {catalog.value?.databases.map((database) => (
            <Database key={database.name} database={database} picked={picked} onPick={setPicked} />
          ))}
          {catalog.value?.databases.length === 0 && <p class="empty">Glue has no database yet.</p>}
          {!catalog.value && catalog.busy && <p class="empty">Asking Glue …</p>}
        </nav>
        <div class="catalog-detail">
          {known && <Table key={`${picked.database}.${picked.table}`} picked={picked} />}
          {catalog.value && !known && <p class="panel empty">Pick a table.</p>}
          <Crawl about={about} onCrawled={catalog.again} />
        </div>
      </div>
    </div>
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
                <span class="tree-name">{name}</span>
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

function Table({ picked }: { picked: Picked }) {
  const query = new URLSearchParams({ database: picked.database, table: picked.table })
  const { value: table, problem, again } = useAsked<TableDetail>(`/api/table?${query}`)
  if (problem) return <ProblemNote problem={problem} onAgain={again} />
  if (!table) return <p class="panel empty">Asking Glue …</p>
  return (
    <>
      <section class="panel" aria-labelledby="table-title">
        <div class="panel-head">
          <h2 id="table-title">
            {table.database}.{table.name}
          </h2>
          <p class="legend">{table.kind}</p>
        </div>
        {table.description && <p class="note">{table.description}</p>}
        <Columns columns={table.columns} keys={table.partitionKeys} />
        <details class="more">
          <summary>Parameters and storage</summary>
          <dl class="pairs">
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
          <details class="more" open>
            <summary>What the view selects</summary>
            <ScrollArea label="The statement of the view">
              <pre>{table.viewSql}</pre>
            </ScrollArea>
          </details>
        )}
      </section>
      {table.kind === 'table' && <Partitions table={table} />}
    </>
  )
}

function Columns({ columns, keys }: { columns: readonly Column[]; keys: readonly Column[] }) {
  const keyNames = new Set(keys.map(({ name }) => name))
  return (
    <ScrollArea label="Columns">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">column</th>
            <th scope="col">type</th>
            <th scope="col">what it is</th>
          </tr>
        </thead>
        <tbody>
          {columns.map(({ name, type, comment }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
                {keyNames.has(name) && <span class="tag">partition key</span>}
              </th>
              <td>
                <code class="type">{type}</code>
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

function Partitions({ table }: { table: TableDetail }) {
  const now = new Date().toISOString()
  const [values, setValues] = useState<readonly string[]>()
  const [hoursBack, setHoursBack] = useState(0)
  // Hours that are registered ahead are empty: the newest that may hold rows is picked at first.
  const begun = table.partitions.filter(({ values: [dt, hour] }) => `${dt}T${hour}` <= now.slice(0, 13))
  const shown = values ?? begun[hoursBack]?.values ?? table.partitions[0]?.values ?? []
  const query = new URLSearchParams({
    database: table.database,
    table: table.name,
    values: JSON.stringify(shown),
  })
  const objects = useAsked<{ objects: ObjectSummary[] }>(`/api/objects?${query}`)
  const isEmpty = objects.value?.objects.length === 0
  // So is an hour that has just begun: then the one before it is shown.
  useEffect(() => {
    if (isEmpty && values === undefined && hoursBack === 0 && begun.length > 1) setHoursBack(1)
  }, [isEmpty, values, hoursBack, begun.length])
  return (
    <section class="panel" aria-labelledby="partitions-of-table">
      <div class="panel-head">
        <h2 id="partitions-of-table">Partitions and objects</h2>
        <p class="legend">
          {table.partitionKeys.length > 0 ? plural(table.partitionCount, 'partition') : 'not partitioned'}
        </p>
      </div>
      {table.partitions.length > 0 && (
        <label class="field">
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
      {objects.problem && <ProblemNote problem={objects.problem} onAgain={objects.again} />}
      {objects.value && (
        <Objects key={JSON.stringify(shown)} table={table} values={shown} objects={objects.value.objects} />
      )}
    </section>
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
  if (objects.length === 0) return <p class="empty">No object lies there yet.</p>
  return (
    <>
      <ScrollArea label="Objects" tall>
        <table class="plain objects">
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
                  <code class="key">{object.key.slice(object.key.lastIndexOf('/') + 1)}</code>
                </th>
                <td class="num right">{bytes(object.size)}</td>
                <td class="right">
                  <button
                    type="button"
                    class="quiet"
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

function SampleRows({
  table,
  values,
  object,
}: {
  table: TableDetail
  values: readonly string[]
  object: string
}) {
  const [run, setRun] = useState<QueryRun>()
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const leave = new AbortController()
    const body = { database: table.database, table: table.name, values, key: object }
    void runQuery(
      '/api/sample',
      body,
      '',
      leave.signal,
      (news) => !leave.signal.aborted && setRun(news),
    ).then(() => place.current?.scrollIntoView({ block: 'nearest' }))
    return () => leave.abort()
  }, [table, values, object])
  return (
    <div ref={place} class="sample">
      {run?.state === 'running' && <p class="empty">Asking Athena for a few of its rows …</p>}
      {run?.problem && <ProblemNote problem={run.problem} />}
      {run?.state === 'done' && (
        <>
          <p class="note" role="status">
            {plural(run.rows.length, 'row')} of {object.slice(object.lastIndexOf('/') + 1)},{' '}
            {duration(run.elapsedMs)}, {bytes(run.scannedBytes)} scanned
          </p>
          <ResultTable columns={run.columns} rows={run.rows} label="Sample rows" fileName="sample" />
        </>
      )}
    </div>
  )
}

function Crawl({ about, onCrawled }: { about: About; onCrawled: () => void }) {
  const last = useAsked<CrawlView>('/api/crawl')
  const crawl = useAction(async () => {
    await ask<CrawlView>('/api/crawl', {})
    last.again()
    onCrawled()
  })
  const problem = crawl.problem ?? last.problem
  const view = last.value
  return (
    <section class="panel" aria-labelledby="crawl-title">
      <div class="panel-head">
        <h2 id="crawl-title">The last crawl</h2>
        {about.allowCrawl && (
          <button type="button" disabled={crawl.busy} onClick={crawl.start}>
            {crawl.busy ? 'Crawling …' : 'Crawl now'}
          </button>
        )}
      </div>
      {problem && <ProblemNote problem={problem} />}
      {view && view.status === null && (
        <p class="empty">
          The crawler {view.crawler} has not run yet{about.allowCrawl ? '' : '; `catalog crawl` starts it'}.
        </p>
      )}
      {view?.status && (
        <>
          <p>
            {view.crawler}: <strong>{view.status.toLowerCase()}</strong>, started {moment(view.startedAt)}. In
            all its crawls: {plural(view.created, 'table')} created, {count(view.updated)} updated,{' '}
            {count(view.deleted)} deleted.
          </p>
          {view.message && <p class="note">{view.message}</p>}
          {view.tables.length === 0 && <p class="empty">{view.database} has no table.</p>}
          <ScrollArea label="Crawled tables">
            <table class="plain">
              <thead>
                <tr>
                  <th scope="col">{view.database}</th>
                  <th scope="col" class="right">
                    columns
                  </th>
                  <th scope="col" class="right">
                    partitions
                  </th>
                  <th scope="col" class="right">
                    objects
                  </th>
                  <th scope="col" class="right">
                    records
                  </th>
                </tr>
              </thead>
              <tbody>
                {view.tables.map((table) => (
                  <tr key={table.name}>
                    <th scope="row">
                      <code>{table.name}</code>
                    </th>
                    <td class="num right">{count(table.columns)}</td>
                    <td class="num right">{count(table.partitions)}</td>
                    <td class="num right">{told(table.objects)}</td>
                    <td class="num right">{told(table.records)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollArea>
        </>
      )}
    </section>
  )
}

/** A number that a crawler wrote down as text. */
function told(text: string | null): string {
  return count(text === null ? null : Number(text))
}
