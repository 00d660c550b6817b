// Which offset the client reads next in each partition, and whether Kafka still has it. The client reports only once
// that Kafka does not, and its binding (KafkaConsumerConsumeNum in workers.cc) drops that error if the batch already
// has a message. The partition is then never fetched again, and only its offsets show it.

const CHECK_EVERY_MS = 30_000
/**
 * A batch that is not full found the client's queue empty, or ended with an error; there are fewer errors than this.
 */
const EMPTY_OFTEN = 20
/** More records than the client's queue can hold. */
const MORE_THAN_QUEUED = 10_000_000

/** What was observed for a partition at one time. */
export interface ProgressSample {
  /** The offset that the client returns next. */
  readonly nextOffset: number
  /** The first offset that Kafka has, and the one that the next record will get. */
  readonly low: number
  readonly high: number
  /** The first offset that Kafka has, from the answer to the client's last fetch; undefined: there was none. */
  readonly fetchedLow: number | undefined
  /** How many batches were not full by then, and how many records were returned. */
  readonly shortBatches: number
  readonly records: number
}

/**
 * The sample since which a partition is suspected of a permanent stall.
 * @param since what this returned for the sample before
 * @returns undefined: Kafka has what comes next
 */
export function suspectedSince(
  since: ProgressSample | undefined,
  now: ProgressSample,
): ProgressSample | undefined {
  if (now.nextOffset >= now.low && now.nextOffset <= now.high) return undefined
  if (since?.nextOffset !== now.nextOffset) return now
  // A fetch was answered since: what it skips, such as aborted records, moves no offset.
  const isFetched = now.nextOffset < now.low && now.fetchedLow !== undefined && now.fetchedLow >= since.low
  return isFetched ? now : since
}

/**
 * Whether everything that the client had fetched by `since` has been returned. Nothing that it fetched later can be of
 * a partition that Kafka could not serve by then.
 */
export function isHandedOver(since: ProgressSample, now: ProgressSample): boolean {
  return (
    now.shortBatches - since.shortBatches >= EMPTY_OFTEN || now.records - since.records >= MORE_THAN_QUEUED
  )
}

/** What the client knows about a partition. */
export interface PartitionFacts {
  readonly watermarks: (partition: number) => Promise<{ low: number; high: number }>
  readonly fetchedLow: (partition: number) => number | undefined
}

export class FetchProgress {
  /** By partition; a new object at each assignment. */
  readonly #partitions = new Map<number, { offset: number }>()
  #shortBatches = 0
  #records = 0

  assigned(starts: readonly { readonly partition: number; readonly offset: number }[]): void {
    for (const { partition, offset } of starts) this.#partitions.set(partition, { offset })
  }

  unassigned(partitions: readonly number[]): void {
    for (const partition of partitions) this.#partitions.delete(partition)
  }

  /** Notes a batch. @param isFull whether it has as many messages as were asked for */
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
    const progress = this.#partitions.get(partition)
    if (progress && offset > progress.offset) progress.offset = offset
  }

  /**
   * Checks every 30 s whether Kafka has the next offset of each partition. @param onLost called if it does not and the
   * client will never report it
   * @returns stops the checks
   */
  watch(facts: PartitionFacts, onLost: (why: string) => void): () => void {
    const suspected = new WeakMap<object, ProgressSample>()
    let isChecking = false
    let stopped = false

    const check = async () => {
      // One query at a time: each occupies one of Node's few threads.
      for (const [partition, progress] of [...this.#partitions]) {
        const { offset } = progress
        // A broker that does not answer proves nothing about the partition.
        const range = await facts.watermarks(partition).catch(() => undefined)
        if (stopped) return
        // An answer counts only if the offset did not move while it was pending.
        const stoodStill = this.#partitions.get(partition) === progress && progress.offset === offset
        if (!range || !stoodStill) continue
        const now: ProgressSample = {
          nextOffset: offset,
          ...range,
          fetchedLow: facts.fetchedLow(partition),
          shortBatches: this.#shortBatches,
          records: this.#records,
        }
        const since = suspectedSince(suspected.get(progress), now)
        if (!since) suspected.delete(progress)
        else if (isHandedOver(since, now)) return onLost(whyLost(partition, now))
        else suspected.set(progress, since)
      }
    }

    const timer = setInterval(async () => {
      if (isChecking) return
      isChecking = true
      await check()
      isChecking = false
    }, CHECK_EVERY_MS)
    return () => {
      stopped = true
      clearInterval(timer)
    }
  }
}

function whyLost(partition: number, { nextOffset, low, high }: ProgressSample): string {
  const kafkaHas =
    nextOffset < low
      ? `Kafka has deleted what lies before ${low}: ${low - nextOffset} offsets that were not read`
      : `Kafka's log ends at ${high}`
  return `partition ${partition} continues at offset ${nextOffset}, and ${kafkaHas}`
}
