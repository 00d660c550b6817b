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
  const startCrawl = useAction(async () => {
    await request<CrawlSummary>('/api/crawl', {})
    last.again()
    onCrawled()
  })
  const problem = startCrawl.problem ?? last.problem
  const crawl = last.value
  return (
    <Panel
      title="The last crawl"
      aside={
        about.allowCrawl && (
          <button type="button" disabled={startCrawl.busy} onClick={startCrawl.start}>
            {startCrawl.busy ? 'Crawling …' : 'Crawl now'}
          </button>
        )
      }
    >
      {problem && <ProblemNote problem={problem} />}
      {crawl && crawl.status === null && (
        <p class="empty">
          The crawler {crawl.crawler} has not run yet{about.allowCrawl ? '' : '; `catalog crawl` starts it'}.
        </p>
      )}
      {crawl?.status && (
        <>
          <p>
            {crawl.crawler}: <strong>{crawl.status.toLowerCase()}</strong>, started {moment(crawl.startedAt)}.
            In all its crawls: {plural(crawl.created, 'table')} created, {count(crawl.updated)} updated,{' '}
            {count(crawl.deleted)} deleted.
          </p>
          {crawl.message && <p class="note">{crawl.message}</p>}
          {crawl.tables.length === 0 && <p class="empty">{crawl.database} has no table.</p>}
          <ScrollArea label="Crawled tables">
            <table class={tables.plain}>
              <thead>
                <tr>
                  <th scope="col">{crawl.database}</th>
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
                {crawl.tables.map((table) => (
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
