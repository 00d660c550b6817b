// Refuses a partition whose landed records Kafka has replaced, and writes that down for every later start: new records
// under old offsets would count as landed.
import { truncationKey } from '@ticklake/contract/keys.ts'
import { compareRecord, type FoundRecord, type LandedRecord } from '@ticklake/lake/chain-end.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { release } from '@ticklake/runtime/release.ts'
import type { ConsumerEvents } from '../events.ts'
import type { ObjectStore } from '../s3.ts'
import type { LandingTarget } from './claim-builder.ts'

export interface TruncationGuardOptions {
  readonly store: Pick<ObjectStore, 'putIfAbsent' | 'text'>
  readonly target: LandingTarget
  readonly events: Pick<ConsumerEvents, 'recordCompared'>
  /** What Kafka has at an offset now. */
  readonly find: (partition: number, offset: number) => Promise<FoundRecord>
}

/** Every method rejects with an error of S3 or Kafka when that does not answer: call it again. */
export class TruncationGuard {
  readonly #options: TruncationGuardOptions

  constructor(options: TruncationGuardOptions) {
    this.#options = options
  }

  /** @throws Failure TOPIC_TRUNCATED when an earlier consumer has found the partition truncated */
  async requireIntact(partition: number): Promise<void> {
    const key = this.#key(partition)
    const stored = await this.#options.store.text(key)
    if (stored) throw truncated(partition, whyOf(stored.text), key)
  }

  /** Why Kafka's record is not the one that landed; undefined: it is, or cannot be compared any more. */
  async replaced(partition: number, landed: LandedRecord): Promise<string | undefined> {
    const comparison = compareRecord(landed, await this.#options.find(partition, landed.offset))
    this.#options.events.recordCompared(comparison.result)
    return comparison.result === 'replaced' ? comparison.why : undefined
  }

  /** Writes down that the partition is truncated. @returns what to stop with */
  async refuse(partition: number, why: string): Promise<Failure> {
    const { store, target } = this.#options
    const key = this.#key(partition)
    const facts = {
      v: 1,
      topic: target.topic,
      topicId: target.topicId,
      partition,
      why,
      foundAt: new Date().toISOString(),
      release,
    }
    const result = await store.putIfAbsent(key, `${JSON.stringify(facts)}\n`, 'application/json')
    if (result === 'conflict') throw new Error(`another write of ${key} is under way`)
    return truncated(partition, why, key)
  }

  #key(partition: number): string {
    const { target } = this.#options
    return truncationKey(target.lake, target.topicId, partition)
  }
}

function whyOf(text: string): string {
  try {
    const { why, foundAt } = JSON.parse(text) as { why?: unknown; foundAt?: unknown }
    return `${why} (found ${foundAt})`
  } catch {
    return 'an earlier consumer found it'
  }
}

function truncated(partition: number, why: string, key: string): Failure {
  return new Failure({
    code: 'TOPIC_TRUNCATED',
    what: `Kafka has lost records of partition ${partition} that are in the lake; what landed stays, and nothing more is read from it`,
    why: `${why}: a power cut, an unclean election, or a log that was restored`,
    remedy: `begin a new dataset with LAKE_DATASET for all services, and keep both: there, the new records under old offsets land. ${key} holds the refusal; no restart clears it`,
  })
}
