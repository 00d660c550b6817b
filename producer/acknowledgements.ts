// How many rows the broker has acknowledged, from what the Kafka client says of its queue now and then: a report for each
// row would cost more than the row itself.

/** What the client said of itself. */
export interface QueueState {
  /** How old the client was at that moment, in ms. */
  readonly ageMs: number
  /** Rows in its queue and on their way, those that have failed and were not reported yet included. */
  readonly waiting: number
}

interface Sample {
  readonly atMs: number
  readonly produced: number
}

/**
 * Rows leave the queue in any order and others follow meanwhile, so a count is right only for a moment that both sides
 * know: of the rows that were produced before the client said how many wait, all others have been acknowledged or have failed.
 */
export class Acknowledgements {
  readonly #clientMadeAtMs: number
  readonly #samples: Sample[] = []
  #ended = 0

  /** @param clientMadeAtMs not later than the client was made, by the clock of sample() */
  constructor(clientMadeAtMs: number) {
    this.#clientMadeAtMs = clientMadeAtMs
  }

  /** To be called often: how many rows were produced until now. */
  sample(atMs: number, produced: number): void {
    if (this.#samples.at(-1)?.produced !== produced) this.#samples.push({ atMs, produced })
  }

  /** @returns at least how many rows were acknowledged or have failed; never less than before */
  ended({ ageMs, waiting }: QueueState): number {
    const saidAtMs = this.#clientMadeAtMs + ageMs
    while (this.#samples.length > 1 && this.#samples[1]!.atMs <= saidAtMs) this.#samples.shift()
    const before = this.#samples[0]
    if (before && before.atMs <= saidAtMs) this.#ended = Math.max(this.#ended, before.produced - waiting)
    return this.#ended
  }
}

/** Both numbers stand at the beginning of librdkafka's statistics, which list every partition behind them. */
const HEAD_CHARS = 1_000

/** @param statistics JSON, see STATISTICS.md of librdkafka; undefined: the numbers are not there */
export function queueStateOf(statistics: string): QueueState | undefined {
  const head = statistics.slice(0, HEAD_CHARS)
  const age = /"age": ?(\d+)/.exec(head)
  const waiting = /"msg_cnt": ?(\d+)/.exec(head)
  return age && waiting ? { ageMs: Number(age[1]) / 1000, waiting: Number(waiting[1]) } : undefined
}
