// Detects that nearly all of the newest records are rejected, from those that the dashboard reads anyway. Pure.
import type { Fault } from '@ticklake/contract/validation.ts'

const WINDOW_MS = 3_000
/** For a slow topic this many records count, however old. */
const FEWEST = 10
const NEARLY_ALL = 0.99

export interface Rejections {
  readonly received: number
  readonly rejected: number
  /** The most common reason, the number of its records, and one of them. */
  readonly reason: string
  readonly count: number
  readonly example: string
}

interface Tally {
  readonly atMs: number
  received: number
  rejected: number
  readonly byReason: Map<string, { count: number; example: string }>
}

export class RecentRejections {
  /** One per flush: those of the window, and older ones up to the minimum number of records. */
  #recent: Tally[] = []
  /** Since when nearly everything is rejected; undefined: it is not. */
  #lasting: Tally | undefined

  /**
   * The records of one flush, which may be none: time passes. @param faults the reason and position of each rejected
   * record
   */
  add(nowMs: number, received: number, faults: readonly (Fault & { readonly origin: string })[]): void {
    const tally = emptyTally(nowMs)
    tally.received = received
    tally.rejected = faults.length
    for (const { reason, detail, origin } of faults) {
      const kind = tally.byReason.get(reason)
      if (kind) kind.count++
      else tally.byReason.set(reason, { count: 1, example: `${origin}: ${detail}` })
    }
    if (received > 0) this.#recent.push(tally)
    this.#forget(nowMs)
    const window = sumOf(this.#recent)
    if (window.rejected === 0 || window.rejected < window.received * NEARLY_ALL) this.#lasting = undefined
    else this.#lasting = this.#lasting ? sumOf([this.#lasting, tally]) : window
  }

  clear(): void {
    this.#recent = []
    this.#lasting = undefined
  }

  /** What was rejected since nearly everything is rejected; undefined while records are accepted. */
  nearlyAll(): Rejections | undefined {
    if (!this.#lasting) return undefined
    const { received, rejected, byReason } = this.#lasting
    const [reason, { count, example }] = [...byReason].toSorted((a, b) => b[1].count - a[1].count)[0]!
    return { received, rejected, reason, count, example }
  }

  #forget(nowMs: number): void {
    let kept = 0
    let first = this.#recent.length
    while (first > 0) {
      const tally = this.#recent[first - 1]!
      if (kept >= FEWEST && tally.atMs <= nowMs - WINDOW_MS) break
      kept += tally.received
      first--
    }
    this.#recent = this.#recent.slice(first)
  }
}

function emptyTally(atMs: number): Tally {
  return { atMs, received: 0, rejected: 0, byReason: new Map() }
}

function sumOf(tallies: readonly Tally[]): Tally {
  const sum = emptyTally(tallies[0]?.atMs ?? 0)
  for (const { received, rejected, byReason } of tallies) {
    sum.received += received
    sum.rejected += rejected
    for (const [reason, { count, example }] of byReason) {
      const kind = sum.byReason.get(reason)
      if (kind) kind.count += count
      else sum.byReason.set(reason, { count, example })
    }
  }
  return sum
}
