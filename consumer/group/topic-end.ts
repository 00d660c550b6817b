// Where `consumer run --until-end` ends: when every record that the topic had at the start has landed.
import { sleep } from '@ticklake/runtime/process.ts'

const CHECK_EVERY_MS = 200

/** A partition's chain: where it ends, and how far its offsets are above Kafka's. */
interface ChainEnd {
  readonly landedOffset: number
  readonly shift: number
}

/** The writer of an assigned partition. */
interface Writer extends ChainEnd {
  readonly pending: { readonly nextOffset: number; readonly seal: () => void }
}

export interface TopicEndFacts {
  /** Where a partition ends in Kafka now. */
  readonly endOffset: (partition: number) => Promise<number>
  readonly writerOf: (partition: number) => Writer | undefined
  /** What the claims say of a partition that another consumer has. */
  readonly chainEnd: (partition: number) => Promise<ChainEnd>
}

/** One for all memberships of a consumer. */
export class TopicEnd {
  readonly #reached = new AbortController()
  /** Kafka's end offset of each partition that has records to land. */
  #ends: Map<number, number> | undefined

  /** Aborts when everything has landed, whichever consumer landed it. */
  get reached(): AbortSignal {
    return this.#reached.signal
  }

  /**
   * Returns when everything has landed or the signal aborts. What is read up to the end is flushed at once: no later
   * record is waited for.
   * @throws what the facts throw
   */
  async wait(partitions: number, facts: TopicEndFacts, signal: AbortSignal): Promise<void> {
    const ends = await this.#read(partitions, facts)
    while (!signal.aborted) {
      for (const [partition, end] of ends) {
        const writer = facts.writerOf(partition)
        const { landedOffset, shift } = writer ?? (await facts.chainEnd(partition))
        if (landedOffset >= end + shift) ends.delete(partition)
        else if (writer && writer.pending.nextOffset >= end + shift) writer.pending.seal()
      }
      if (ends.size === 0) return this.#reached.abort()
      await sleep(CHECK_EVERY_MS, signal)
    }
  }

  /** The ends at the start; a later membership follows a log that has become shorter. */
  async #read(partitions: number, { endOffset }: TopicEndFacts): Promise<Map<number, number>> {
    const known = this.#ends ?? new Map(Array.from({ length: partitions }, (_, i) => [i, Infinity]))
    const read = async ([partition, end]: [number, number]) =>
      [partition, Math.min(end, await endOffset(partition))] as const
    const ends = await Promise.all([...known].map(read))
    this.#ends = new Map(ends.filter(([, end]) => end > 0))
    return this.#ends
  }
}
