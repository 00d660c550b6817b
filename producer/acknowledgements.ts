// How many rows the broker has acknowledged, from the Kafka client's queue statistics: a report for each row would cost
// more than the row itself.

/** The client's statistics. */
export interface QueueState {
  /** The client's age at that time, in ms. */
  readonly ageMs: number
  /** Rows in its queue and in flight, including failed ones that were not reported yet. */
  readonly waiting: number
}

interface Sample {
  readonly atMs: number
  readonly produced: number
}

/**
 * Rows leave the queue in any order while others follow, so a count is right only for a time that both sides know: of
 * the rows produced before the statistics, all that are not waiting have been acknowledged or have failed.
 */
export class Acknowledgements {
  readonly #clientMadeAtMs: number
  readonly #samples: Sample[] = []
  #ended = 0

  /** @param clientMadeAtMs not later than the client's creation, by the clock of sample() */
  constructor(clientMadeAtMs: number) {
    this.#clientMadeAtMs = clientMadeAtMs
  }

  /** Records how many rows were produced until now; call it often. */
  sample(atMs: number, produced: number): void {
    if (this.#samples.at(-1)?.produced !== produced) this.#samples.push({ atMs, produced })
  }

  /** @returns a lower bound of the rows that were acknowledged or have failed; never less than before */
  ended({ ageMs, waiting }: QueueState): number {
    const saidAtMs = this.#clientMadeAtMs + ageMs
    while (this.#samples.length > 1 && this.#samples[1]!.atMs <= saidAtMs) this.#samples.shift()
    const before = this.#samples[0]
    if (before && before.atMs <= saidAtMs) this.#ended = Math.max(this.#ended, before.produced - waiting)
    return this.#ended
  }
}

/** Both numbers are in the first characters of librdkafka's statistics, before the list of partitions. */
const HEAD_CHARS = 1_000

/** @param statistics JSON, see STATISTICS.md of librdkafka @returns undefined if the numbers are missing */
export function queueStateOf(statistics: string): QueueState | undefined {
  const head = statistics.slice(0, HEAD_CHARS)
  const age = /"age": ?(\d+)/.exec(head)
  const waiting = /"msg_cnt": ?(\d+)/.exec(head)
  return age && waiting ? { ageMs: Number(age[1]) / 1000, waiting: Number(waiting[1]) } : undefined
}
