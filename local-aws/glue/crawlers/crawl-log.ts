// The log of a crawl, with the messages that AWS's crawlers write to CloudWatch.
import type { Store } from '../catalog/store.ts'
import type { Action, Changes } from './policies.ts'
import type { ScanCounts } from './scan-report.ts'

/** This many names of tables and partitions get their own lines. */
const namesLogged = 100

export class CrawlLog {
  readonly #store: Store
  readonly #crawlId: string

  constructor(store: Store, crawlId: string) {
    this.#store = store
    this.#crawlId = crawlId
  }

  benchmark(message: string): void {
    this.#write('BENCHMARK', [message])
  }

  info(messages: readonly string[]): void {
    this.#write('INFO', messages)
  }

  error(message: string): void {
    this.#write('ERROR', [message])
  }

  /** Which objects were left out, and which are unusual. */
  scanned({ objects, recognized, leftOut, warnings }: ScanCounts): void {
    this.info([`Objects listed: ${objects}, sampled and recognized: ${recognized}`])
    for (const [reason, { count, examples }] of Object.entries(leftOut)) {
      this.#write('WARN', [`Left out ${count} objects (${reason}): ${more(examples, count)}`])
    }
    for (const [warning, { count, lines, examples }] of Object.entries(warnings)) {
      const times = lines > 0 ? `${lines} ` : ''
      this.#write('WARN', [`${times}${warning}, in ${count} objects: ${more(examples, count)}`])
    }
  }

  /** What was written to the catalog. */
  applied(database: string, changes: Changes): void {
    const verbs: Record<Action, string> = {
      ADD: 'Created',
      UPDATE: 'Updated',
      DELETE: 'Deleted or deprecated',
    }
    for (const [entity, byAction] of Object.entries(changes) as [string, Record<Action, string[]>][]) {
      const actions = Object.entries(byAction) as [Action, string[]][]
      for (const [action, names] of actions) {
        const lines = names.slice(0, namesLogged)
        this.info(
          lines.map((name) => `${verbs[action]} ${entity.toLowerCase()} ${name} in database ${database}`),
        )
      }
      const counts = actions.filter(([, names]) => names.length > 0)
      if (counts.length === 0) continue
      this.info([
        `Run Summary For ${entity}:`,
        ...counts.map(([action, names]) => `${action}: ${names.length}`),
      ])
    }
  }

  /** A log that cannot be written (a full disk) does not fail the crawl. */
  #write(level: string, messages: readonly string[]): void {
    if (messages.length === 0) return
    const now = Date.now()
    const sql = 'INSERT INTO crawl_logs (crawl_id, time, message) VALUES (?, ?, ?)'
    try {
      this.#store.transaction(() => {
        for (const message of messages) {
          this.#store.run(sql, this.#crawlId, now, `[${this.#crawlId}] ${level} : ${message}`)
        }
      })
    } catch {
      // The outcome of the crawl is in its state.
    }
  }
}

const more = (examples: readonly string[], count: number) =>
  `${examples.join(', ')}${count > examples.length ? ', …' : ''}`
