// Which partitions a broker fetches in this session: with hundreds of them only changes are sent (KIP-227).
import type { PartitionState } from './partition-state.ts'

/** What was last sent for a partition. */
interface Sent {
  readonly state: PartitionState
  readonly offset: number
  readonly leaderEpoch: number
  readonly fetchedEpoch: number
}

export interface FetchDelta {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly partitions: readonly PartitionState[]
  readonly forgotten: readonly PartitionState[]
}

const NO_SESSION = { sessionId: 0, sessionEpoch: -1 }
const NEW_SESSION = { sessionId: 0, sessionEpoch: 0 }
const LAST_EPOCH = 2 ** 31 - 1

export class FetchSession {
  readonly #fromPartitions: number
  #id = 0
  #epoch = 0
  #sent = new Map<string, Sent>()

  constructor(fromPartitions: number) {
    this.#fromPartitions = fromPartitions
  }

  /**
   * What to send so that the broker fetches exactly these. `keyOf`: a topic's name or id, as the request's version
   * needs.
   */
  next(wanted: readonly PartitionState[], keyOf: (state: PartitionState) => string): FetchDelta {
    if (this.#id === 0) {
      this.#sent = new Map(wanted.map((state) => [slot(keyOf(state), state.partition), sentOf(state)]))
      const head = wanted.length >= this.#fromPartitions ? NEW_SESSION : NO_SESSION
      return { ...head, partitions: wanted, forgotten: [] }
    }
    const partitions: PartitionState[] = []
    const left = new Map(this.#sent)
    for (const state of wanted) {
      const at = slot(keyOf(state), state.partition)
      const before = left.get(at)
      left.delete(at)
      if (before && isInForce(before, state)) continue
      partitions.push(state)
      this.#sent.set(at, sentOf(state))
    }
    for (const at of left.keys()) this.#sent.delete(at)
    const forgotten = [...left.values()].map(({ state }) => state)
    return { sessionId: this.#id, sessionEpoch: this.#epoch, partitions, forgotten }
  }

  /** The broker answered; 0 if it created no session. */
  answered(sessionId: number): void {
    this.#epoch =
      sessionId === 0 ? 0 : sessionId === this.#id && this.#epoch < LAST_EPOCH ? this.#epoch + 1 : 1
    this.#id = sessionId
  }

  /** The session or the connection is lost: everything is sent again. */
  reset(): void {
    this.#id = 0
    this.#epoch = 0
  }

  /** The assignment and offset that an answer for this partition refers to. */
  sent(topicKey: string, partition: number): { state: PartitionState; offset: number } | undefined {
    return this.#sent.get(slot(topicKey, partition))
  }
}

function slot(topicKey: string, partition: number): string {
  return `${partition}/${topicKey}`
}

function sentOf(state: PartitionState): Sent {
  return {
    state,
    offset: state.fetchOffset,
    leaderEpoch: state.leaderEpoch,
    fetchedEpoch: state.fetchedEpoch,
  }
}

function isInForce(sent: Sent, state: PartitionState): boolean {
  return (
    sent.state === state &&
    sent.offset === state.fetchOffset &&
    sent.leaderEpoch === state.leaderEpoch &&
    sent.fetchedEpoch === state.fetchedEpoch
  )
}
