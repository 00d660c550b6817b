// Which batches of a response belong to aborted transactions: read_committed skips them.
import type { AbortedTransaction } from '../protocol/fetch.ts'
import type { BatchHead } from './batch-head.ts'

/** The type of an end-of-transaction marker, the second half of its key. */
const ABORT = 0

/**
 * One partition of one response; its batches must be passed in order. The broker names each aborted transaction that
 * overlaps the response, so earlier responses do not matter.
 */
export class AbortedTransactions {
  readonly #waiting: AbortedTransaction[]
  /** Producers with an open aborted transaction at this position. */
  readonly #open = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    // Brokers guarantee no order. The next one is the last of the list.
    this.#waiting = aborted.toSorted((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Whether a batch of records must be skipped. */
  leavesOut(head: BatchHead): boolean {
    const lastOffset = head.baseOffset + head.lastOffsetDelta
    for (let begun = this.#waiting.at(-1); begun && begun.firstOffset <= lastOffset; ) {
      this.#open.add(begun.producerId)
      this.#waiting.pop()
      begun = this.#waiting.at(-1)
    }
    return head.transactional && this.#open.has(head.producerId)
  }

  /** A control batch: its marker's key begins with two 16-bit numbers, version and type. */
  marker(head: BatchHead, type: number): void {
    this.leavesOut(head)
    if (type === ABORT) this.#open.delete(head.producerId)
  }
}
