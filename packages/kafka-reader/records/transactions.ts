// Which batches of a response belong to transactions that were aborted, so that read_committed leaves them out.
import type { AbortedTransaction } from '../protocol/fetch.ts'
import type { BatchHead } from './batch-head.ts'

/** The type of an end-of-transaction marker, the second half of its key. */
const ABORT = 0

/**
 * One partition of one response: its batches must be shown in their order. The broker names each aborted transaction
 * that touches the response, so nothing need be known of the responses before.
 */
export class AbortedTransactions {
  readonly #waiting: AbortedTransaction[]
  /** Producers with an aborted transaction that goes on here. */
  readonly #open = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    // The broker's order is not promised. The next one is the last of the list.
    this.#waiting = aborted.toSorted((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Whether a batch of records is to be left out. */
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
