// The Catalog tab: the tables of all databases, the one that is picked, and the crawler.
import { useState } from 'preact/hooks'
import type { About, DatabaseSummary } from '../../../server/wire.ts'
import panel from '../parts/panel.module.css'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAnswer } from '../parts/request.ts'
import styles from './catalog-tab.module.css'
import { Crawl } from './crawl.tsx'
import { TableDetail } from './table-detail.tsx'
import { type Picked, TableTree } from './table-tree.tsx'

export function CatalogTab({ about }: { about: About }) {
  const catalog = useAnswer<{ databases: DatabaseSummary[] }>('/api/catalog')
  const [picked, setPicked] = useState<Picked>({ database: about.database, table: about.table })
  const known = catalog.value?.databases
    .find(({ name }) => name === picked.database)
    ?.tables.some(({ name }) => name === picked.table)
  return (
    <div class={panel.panels}>
      <h1>The data catalog</h1>
      <div class={styles.body}>
        <TableTree databases={catalog.value?.databases} picked={picked} onPick={setPicked}>
          {catalog.problem && <ProblemNote problem={catalog.problem} onRetry={catalog.again} />}
          {!catalog.value && catalog.busy && <p class="empty">Loading …</p>}
        </TableTree>
        <div class={panel.panels}>
          {known && <TableDetail key={`${picked.database}.${picked.table}`} picked={picked} />}
          {catalog.value && !known && <p class={`empty ${panel.panel}`}>Pick a table.</p>}
          <Crawl about={about} onCrawled={catalog.again} />
        </div>
      </div>
    </div>
  )
}
