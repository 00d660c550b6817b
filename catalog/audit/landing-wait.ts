// Waits of an audit: until current records have landed, and until their hours are registered.

import type { Aws } from '@ticklake/aws/clients.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { TopicState } from '@ticklake/kafka/topic.ts'
import { readChainTail } from '@ticklake/lake/chain-tail.ts'
import type { ListedHour } from '@ticklake/lake/listing.ts'
import { sleep } from '@ticklake/runtime/process.ts'

const POLL_MS = 500

export interface Waiting {
  /** Undefined: it does not wait. */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** What it waits for. */
  readonly onProgress?: (doing: string) => void
}

export class LandingWait {
  readonly #aws: Pick<Aws, 'bucket' | 'glue'>
  readonly #lake: LakeConfig
  readonly #options: Waiting
  /** For both waits together. */
  readonly #deadline: number
  /** The era shift of each landed partition at that time. */
  readonly #shifts = new Map<number, number>()

  constructor(aws: Pick<Aws, 'bucket' | 'glue'>, lake: LakeConfig, options: Waiting) {
    this.#aws = aws
    this.#lake = lake
    this.#options = options
    this.#deadline = performance.now() + (options.waitMs ?? 0)
  }

  /** Waits until the landed offsets reach the end offsets. False: not in time. */
  async ofClaims(topic: TopicState): Promise<boolean> {
    // Kafka may have emptied a partition that has landed, so that one without records is not left out.
    const behind = new Map(topic.partitions.map(({ partition, end }) => [partition, end]))
    return this.#until(async () => {
      for (const [partition, end] of behind) {
        const { bucket } = this.#aws
        const { landedOffset, shift } = await readChainTail(bucket, this.#lake, topic.topicId, partition)
        if (landedOffset < end + shift) continue
        this.#shifts.set(partition, shift)
        behind.delete(partition)
      }
      return behind.size > 0 && `${behind.size} of ${topic.partitions.length} partitions to land`
    })
  }

  /** Whether a partition that had landed has begun an era since then. */
  hasEraSince(partition: number, shift = 0): boolean {
    const before = this.#shifts.get(partition)
    return before !== undefined && shift > before
  }

  /**
   * Waits until a partition begins an era, as a consumer does when it notices that Kafka has lost landed records. False:
   * not in time, or it does not wait.
   */
  async ofEra({ topicId }: Pick<TopicState, 'topicId'>): Promise<boolean> {
    if (this.#options.waitMs === undefined) return false
    return this.#until(async () => {
      for (const partition of this.#shifts.keys()) {
        const { shift } = await readChainTail(this.#aws.bucket, this.#lake, topicId, partition)
        if (this.hasEraSince(partition, shift)) return false
      }
      return 'a consumer to notice that Kafka has lost landed records'
    })
  }

  /** Waits until each hour with objects is registered: before that its rows are not counted. */
  async ofHours(hours: readonly ListedHour[]): Promise<void> {
    const { database, table } = this.#lake
    const missing = new Set(hours.flatMap(({ hour }) => hour ?? []))
    await this.#until(async () => {
      const registered = await this.#aws.glue.partitionLocations(database, table)
      for (const hour of registered?.keys() ?? []) missing.delete(hour)
      return missing.size > 0 && `the registration of ${[...missing].join(', ')}`
    })
  }

  /** @param missing says what is missing, or false */
  async #until(missing: () => Promise<string | false>): Promise<boolean> {
    const { waitMs, signal, onProgress } = this.#options
    if (waitMs === undefined) return true
    while (true) {
      const what = await missing()
      if (!what) return true
      if (signal?.aborted || performance.now() >= this.#deadline) return false
      onProgress?.(`waiting for ${what}`)
      await sleep(POLL_MS, signal)
    }
  }
}
