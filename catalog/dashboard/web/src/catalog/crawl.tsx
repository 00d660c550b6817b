// The last crawl, the tables that it found, and a button that starts one.
import type { About, CrawlSummary } from '../../../server/wire.ts'
import { count, moment, plural } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { request, useAction, useAnswer } from '../parts/request.ts'
import { ScrollArea } from '../parts/scroll-area.tsx'
import tables from '../parts/table.module.css'

export function Crawl({ about, onCrawled }: { about: About; onCrawled: () => void }) {
  const last = useAnswer<CrawlSummary>('/api/crawl')
  const crawl = useAction(async () => {
    await request<CrawlSummary>('/api/crawl', {})
    last.again()
    onCrawled()
  })
  const problem = crawl.problem ?? last.problem
  const view = last.value
  return (
    <Panel
      title="The last crawl"
      aside={
        about.allowCrawl && (
          <button type="button" disabled={crawl.busy} onClick={crawl.start}>
            {crawl.busy ? 'Crawling …' : 'Crawl now'}
          </button>
        )
      }
    >
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
            <table class={tables.plain}>
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
                    <td class="num right">{storedCount(table.objects)}</td>
                    <td class="num right">{storedCount(table.records)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollArea>
        </>
      )}
    </Panel>
  )
}

/** A number that a crawler stored as text. */
function storedCount(text: string | null): string {
  return count(text === null ? null : Number(text))
}
