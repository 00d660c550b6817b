// Warns within seconds if nearly all records of a topic are rejected, so that its sender can be fixed.
import type { Logger } from '@ticklake/runtime/log.ts'

const CHECK_MS = 2_000
/** While it lasts, once a minute. */
const REPEAT_MS = 60_000
const NEARLY_ALL = 0.99
/** Records that were accepted earlier say nothing about those that are rejected now, */
const WINDOW_MS = 3_000
/** unless fewer than this are rejected: one bad record of a slow topic is not nearly everything. */
const FEWEST = 10

interface Kind {
  count: number
  readonly example: string
}

/** Counts are of the time since the last warning, or since the last check that found accepted records. */
export class RejectionWatch implements Disposable {
  readonly #log: Pick<Logger, 'warn'>
  readonly #now: () => number
  #received = 0
  /** How many accepted records before the window count. */
  #acceptedBefore = 0
  #windowFrom = Number.NEGATIVE_INFINITY
  #rejected = 0
  #byReason = new Map<string, Kind>()
  #warnedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(log: Pick<Logger, 'warn'>, now: () => number = Date.now) {
    this.#log = log
    this.#now = now
  }

  received(count: number): void {
    if (this.#rejected === 0 && this.#now() - this.#windowFrom > WINDOW_MS) this.#beginWindow()
    this.#received += count
  }

  rejected(reason: string, partition: number, offset: number, detail: string): void {
    this.#rejected++
    const kind = this.#byReason.get(reason)
    if (kind) kind.count++
    else
      this.#byReason.set(reason, { count: 1, example: `partition ${partition}, offset ${offset}: ${detail}` })
    // A timer per record would cost more than the record.
    this.#timer ??= setTimeout(() => this.check(), CHECK_MS).unref()
  }

  /** Warns if nearly everything was rejected, then restarts the count. */
  check(): void {
    this.#timer = undefined
    const among = this.#received + (this.#rejected < FEWEST ? this.#acceptedBefore : 0)
    const isNearlyAll = this.#rejected >= among * NEARLY_ALL
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
    this.#beginWindow()
    this.#rejected = 0
    this.#byReason = new Map()
  }

  #beginWindow(): void {
    const accepted = Math.max(0, this.#received - this.#rejected)
    this.#acceptedBefore = Math.min(FEWEST, this.#acceptedBefore + accepted)
    this.#received = 0
    this.#windowFrom = this.#now()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
