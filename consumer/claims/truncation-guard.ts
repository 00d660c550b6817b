// Refuses a partition if Kafka has replaced its landed records, and records that for every later start: new records
// under old offsets would count as landed.
import { truncationKey, withdrawalKey } from '@ticklake/contract/keys.ts'
import {
  type Comparison,
  compareEnd,
  compareGaps,
  type FoundRecord,
  type Gaps,
  type LandedRecord,
  type RecordPast,
  type Replacement,
} from '@ticklake/lake/chain-end.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { release } from '@ticklake/runtime/release.ts'
import type { ConsumerEvents } from '../events.ts'
import type { ObjectStore } from '../s3.ts'
import type { LandingTarget } from './claim-builder.ts'

export interface TruncationGuardOptions {
  readonly store: Pick<ObjectStore, 'putIfAbsent' | 'text'>
  readonly target: LandingTarget
  readonly events: Pick<ConsumerEvents, 'recordCompared'>
  /** The first record that Kafka has in [from, to) now. */
  readonly find: (partition: number, from: number, to: number) => Promise<FoundRecord>
  /** Where the records of a leader epoch end in Kafka's log now; negative: unknown. */
  readonly epochEnd: (partition: number, leaderEpoch: number) => Promise<number>
}

/** What a consumer recorded when it found the partition truncated. */
export interface KnownTruncation {
  readonly why: string
  readonly key: string
}

/** Every method rejects with the error of S3 or Kafka if it does not answer: call it again. */
export class TruncationGuard {
  readonly #options: TruncationGuardOptions

  constructor(options: TruncationGuardOptions) {
    this.#options = options
  }

  /** What an earlier consumer found in the partition's era; undefined: nothing, or it was withdrawn. */
  async known(partition: number, era: number): Promise<KnownTruncation | undefined> {
    const { key, text } = await this.#newest(partition, era)
    return text === undefined ? undefined : { why: whyOf(text), key }
  }

  /** @throws Failure TOPIC_TRUNCATED when an earlier consumer has found the partition truncated */
  async requireIntact(partition: number, era = 0): Promise<void> {
    const known = await this.known(partition, era)
    if (known) throw truncated(partition, known.why, known.key)
  }

  /** The first Kafka offset after this leader epoch; undefined: Kafka does not know. */
  async divergence(partition: number, leaderEpoch: number): Promise<number | undefined> {
    const end = await this.#options.epochEnd(partition, leaderEpoch)
    return end < 0 ? undefined : end
  }

  /** Whether Kafka's record is this one, and the gaps behind it are still gaps. @param how what has happened to it so far */
  async compare(
    partition: number,
    record: LandedRecord,
    how: RecordPast = 'has landed',
  ): Promise<Comparison> {
    const find = (from: number, to: number) => this.#options.find(partition, from, to)
    const comparison = await compareEnd(record, find, how)
    this.#options.events.recordCompared(comparison.result)
    return comparison
  }

  /** Why the offsets, which were read without a record, are not gaps in Kafka's log; undefined: they are. */
  compareGaps(partition: number, gaps: Gaps): Promise<Replacement | undefined> {
    const find = (from: number, to: number) => this.#options.find(partition, from, to)
    return compareGaps(gaps, find, 'was read')
  }

  /** Records that the partition is truncated. @returns the error to stop with */
  async refuse(partition: number, why: string, era = 0): Promise<Failure> {
    const { store, target } = this.#options
    const { key } = await this.#newest(partition, era)
    const facts = {
      v: 1,
      topic: target.topic,
      topicId: target.topicId,
      partition,
      ...(era > 0 && { era }),
      why,
      foundAt: new Date().toISOString(),
      release,
    }
    await store.putIfAbsent(key, `${JSON.stringify(facts)}\n`, 'application/json')
    return truncated(partition, why, key)
  }

  /** The first key that was not withdrawn, and what is stored there. */
  async #newest(partition: number, era: number): Promise<{ readonly key: string; readonly text?: string }> {
    const { store, target } = this.#options
    for (let number = 1; ; number++) {
      const key = truncationKey(target.lake, target.topicId, partition, era, number)
      const stored = await store.text(key)
      if (!stored) return { key }
      if (!(await store.text(withdrawalKey(key)))) return { key, text: stored.text }
    }
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
    remedy: `begin a new dataset with LAKE_DATASET for all services, where the new records land, and keep both. Or set CONSUMER_ON_TRUNCATION=record, which records what Kafka lost and continues in this dataset, if the last claim has a leader epoch. ${key} records the truncation; no restart clears it. If Kafka has what landed after all, \`consumer withdraw\` compares again`,
  })
}
