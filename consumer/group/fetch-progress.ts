// Where the client stands in each partition, and whether Kafka can still give what comes next. The client tells once
// that it cannot, and its binding (KafkaConsumerConsumeNum in workers.cc) drops that error when the batch has a message
// already. The partition is then never fetched again, though all looks well: only its offsets tell.

const LOOK_EVERY_MS = 30_000
/** Each batch that is not full found the client's queue empty, or an error ended it; errors are fewer than this. */
const EMPTY_OFTEN = 20
/** More records than the client's queue can hold. */
const MORE_THAN_QUEUED = 10_000_000

/** What is seen of a partition at one time. */
export interface Look {
  /** The offset that the client hands over next. */
  readonly position: number
  /** The first offset that Kafka has, and the one that the next record gets. */
  readonly low: number
  readonly high: number
  /** The first offset that Kafka has, as the client's last fetch was told; undefined: it was told none. */
  readonly fetchedLow: number | undefined
  /** How many batches were not full by then, and how many records were handed over. */
  readonly shortBatches: number
  readonly records: number
}

/**
 * The look from which on a partition is suspected to stand still for ever.
 * @param since the same of the look before
 * @returns undefined: Kafka has what comes next
 */
export function suspectedSince(since: Look | undefined, now: Look): Look | undefined {
  if (now.position >= now.low && now.position <= now.high) return undefined
  if (since?.position !== now.position) return now
  // A fetch was answered since: what it passes over, such as aborted records, moves no position.
  const isFetched = now.position < now.low && now.fetchedLow !== undefined && now.fetchedLow >= since.low
  return isFetched ? now : since
}

/**
 * Whether all that the client had fetched by `since` has been handed over. Nothing that it fetched later can be of a
 * partition that Kafka could not give by then.
 */
export function isHandedOver(since: Look, now: Look): boolean {
  return (
    now.shortBatches - since.shortBatches >= EMPTY_OFTEN || now.records - since.records >= MORE_THAN_QUEUED
  )
}

/** What the client can say of a partition. */
export interface PartitionFacts {
  readonly watermarks: (partition: number) => Promise<{ low: number; high: number }>
  readonly fetchedLow: (partition: number) => number | undefined
}

export class Positions {
  /** By partition; a new object at each assignment. */
  readonly #positions = new Map<number, { offset: number }>()
  #shortBatches = 0
  #records = 0

  assigned(starts: readonly { readonly partition: number; readonly offset: number }[]): void {
    for (const { partition, offset } of starts) this.#positions.set(partition, { offset })
  }

  unassigned(partitions: readonly number[]): void {
    for (const partition of partitions) this.#positions.delete(partition)
  }

  /** Takes note of a batch. @param isFull whether it has as many messages as were asked for */
  handedOver(
    messages: readonly { readonly partition: number; readonly offset: number }[],
    ends: readonly { readonly partition: number; readonly offset: number }[],
    isFull: boolean,
  ): void {
    for (const { partition, offset } of messages) this.#moveTo(partition, offset + 1)
    for (const { partition, offset } of ends) this.#moveTo(partition, offset)
    this.#records += messages.length
    if (!isFull) this.#shortBatches++
  }

  #moveTo(partition: number, offset: number): void {
    const position = this.#positions.get(partition)
    if (position && offset > position.offset) position.offset = offset
  }

  /**
   * Looks every 30 s whether Kafka has what comes next.
   * @param onLost called when it does not, and the client will not say so any more
   * @returns stops looking
   */
  watch(facts: PartitionFacts, onLost: (why: string) => void): () => void {
    const suspected = new WeakMap<object, Look>()
    let isLooking = false
    let stopped = false

    const look = async () => {
      // One question after the other: each keeps a thread of Node's few.
      for (const [partition, position] of [...this.#positions]) {
        const { offset } = position
        // A broker that does not answer says nothing about the partition.
        const range = await facts.watermarks(partition).catch(() => undefined)
        if (stopped) return
        // An answer counts only for a position that stood still while it was on its way.
        const stoodStill = this.#positions.get(partition) === position && position.offset === offset
        if (!range || !stoodStill) continue
        const now: Look = {
          position: offset,
          ...range,
          fetchedLow: facts.fetchedLow(partition),
          shortBatches: this.#shortBatches,
          records: this.#records,
        }
        const since = suspectedSince(suspected.get(position), now)
        if (!since) suspected.delete(position)
        else if (isHandedOver(since, now)) return onLost(whyLost(partition, now))
        else suspected.set(position, since)
      }
    }

    const timer = setInterval(async () => {
      if (isLooking) return
      isLooking = true
      await look()
      isLooking = false
    }, LOOK_EVERY_MS)
    return () => {
      stopped = true
      clearInterval(timer)
    }
  }
}

function whyLost(partition: number, { position, low, high }: Look): string {
  const kafkaHas =
    position < low
      ? `Kafka has deleted what lies before ${low}: ${low - position} offsets that were not read`
      : `Kafka's log ends at ${high}`
  return `partition ${partition} goes on at offset ${position}, and ${kafkaHas}`
}
