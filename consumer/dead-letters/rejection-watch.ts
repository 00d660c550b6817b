// Notices that a topic holds next to nothing but rejected records, which its sender should hear of within seconds.
import type { Logger } from '@ticklake/runtime/log.ts'

const CHECK_MS = 2_000
/** As long as it lasts, once a minute. */
const REPEAT_MS = 60_000
const NEARLY_ALL = 0.99

interface Kind {
  count: number
  readonly example: string
}

/** Counts are of the time since the last warning, or since the last check that found accepted records. */
export class RejectionWatch implements Disposable {
  readonly #log: Pick<Logger, 'warn'>
  readonly #now: () => number
  #received = 0
  #rejected = 0
  #byReason = new Map<string, Kind>()
  #warnedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(log: Pick<Logger, 'warn'>, now: () => number = Date.now) {
    this.#log = log
    this.#now = now
  }

  received(count: number): void {
    this.#received += count
  }

  rejected(reason: string, partition: number, offset: number, detail: string): void {
    this.#rejected++
    const kind = this.#byReason.get(reason)
    if (kind) kind.count++
    else
      this.#byReason.set(reason, { count: 1, example: `partition ${partition}, offset ${offset}: ${detail}` })
    // A timer for each record would cost more than the record.
    this.#timer ??= setTimeout(() => this.check(), CHECK_MS).unref()
  }

  /** Warns if nearly everything was rejected, then restarts the count. */
  check(): void {
    this.#timer = undefined
    const isNearlyAll = this.#rejected >= this.#received * NEARLY_ALL
    if (isNearlyAll && this.#now() - this.#warnedAt < REPEAT_MS) return
    if (isNearlyAll) {
      this.#warnedAt = this.#now()
      const [reason, { count, example }] = [...this.#byReason].toSorted((a, b) => b[1].count - a[1].count)[0]!
      const all = Math.max(this.#received, this.#rejected)
      this.#log.warn(
        { received: all, rejected: this.#rejected, reason, count },
        `rejected ${this.#rejected} of ${all} records: ${count} for ${reason}, such as ${example}; they are kept as dead letters: node consumer/main.ts dlq list`,
      )
    }
    this.#received = 0
    this.#rejected = 0
    this.#byReason = new Map()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
