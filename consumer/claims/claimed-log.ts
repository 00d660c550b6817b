// The part of Kafka's log that a partition's claims cover: whether Kafka still has it, and the era in which the chain
// continues if it does not.
import { type Claim, type Era, type EraStart, shiftOf } from '@ticklake/contract/claim.ts'
import type { LastRecord } from '@ticklake/contract/last-record.ts'
import {
  type ComparableEnd,
  chainEnd,
  type Gaps,
  isSilent,
  type LandedRecord,
  landedRecord,
  type RecordPast,
  type Replacement,
} from '@ticklake/lake/chain-end.ts'
import { type ChainLink, newestLinks, readLink, usableClaim } from '@ticklake/lake/claims.ts'
import { isComplete } from '@ticklake/lake/completeness.ts'
import type { Failure } from '@ticklake/runtime/errors.ts'
import type { ConsumerEvents } from '../events.ts'
import { untilDone } from '../retry.ts'
import { buildEra, type LandingTarget } from './claim-builder.ts'
import { logReplaced } from './claim-failures.ts'
import type { LandingPort } from './landing.ts'
import type { KnownTruncation, TruncationGuard } from './truncation-guard.ts'

type Replaced = Omit<Replacement, 'result'>

export interface ClaimedLogOptions {
  readonly target: LandingTarget
  readonly partition: number
  readonly landing: LandingPort
  readonly events: ConsumerEvents
  readonly truncation: TruncationGuard
  /** `record`: if Kafka has replaced landed records, the chain continues in a new era. */
  readonly onTruncation?: 'stop' | 'record'
}

/** Every method that asks S3 or Kafka asks until it is answered. @throws Aborted when the signal aborts */
export class ClaimedLog {
  readonly #options: ClaimedLogOptions
  readonly #signal: AbortSignal
  /** The era of the chain's end, once known; undefined: Kafka has never replaced landed records. */
  #era: Era | undefined
  /** The newest claim when the chain was read. */
  #tail: Claim | undefined
  /** What an earlier consumer has found in the tail's era. */
  #knownTruncation: KnownTruncation | undefined
  /** The last record of the newest known claim, at its offset in Kafka, if it has one. */
  #lastClaimed: LandedRecord | undefined
  /** The era that has begun, while nothing has landed in it. */
  #begun: EraStart | undefined
  /** Whether a connection was lost while the era had no record to compare. */
  #isEraDoubted = false
  /**
   * Records that were read or claimed before the connection was lost: Kafka must still have them before anything is
   * claimed.
   */
  readonly #doubted: LandedRecord[] = []
  /** Offsets of Kafka that were read without a record before the connection was lost, where no record stands for them. */
  #doubtedGaps: Gaps | undefined

  constructor(options: ClaimedLogOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** The era that is written to, once the chain is read. */
  get era(): Era | undefined {
    return this.#era
  }

  /** How far the offsets of claims are above Kafka's. */
  get shift(): number {
    return this.#era?.shift ?? 0
  }

  /**
   * Reads the end of the chain. Out: the newest claim, and the one to compare with Kafka.
   * @throws Failure CLAIM_UNREADABLE; TOPIC_TRUNCATED when the era was refused, and no next one can begin
   */
  async readEnd(): Promise<{ readonly tail: Claim | undefined; readonly landed: Claim | undefined }> {
    const end = await this.#attempt('find_tail', () => chainEnd(this.#newestFirst()))
    const tail = end?.newest
    if (end?.landed) this.#noteEnd(end.landed)
    this.#tail = tail
    this.#era = tail?.era
    await this.#readKnownTruncation()
    return { tail, landed: end?.landed?.claim }
  }

  /**
   * Compares the end of the chain with Kafka. @param claim the newest one @param landed the one to compare
   * Out: why Kafka's log is another one, if it is, and the claim that begins the next era, if one may begin.
   * @throws Failure TOPIC_TRUNCATED
   */
  async compareEnd(
    claim: Claim,
    { begins }: Claim,
  ): Promise<{ readonly replaced: string | undefined; readonly era?: Claim | undefined }> {
    const found = begins ? this.#cutBelow(begins) : this.#replaced(this.#lastClaimed!, 'has landed')
    const known = this.#knownTruncation && {
      why: this.#knownTruncation.why,
      offset: claim.E - shiftOf(claim),
    }
    const replaced = (await found) ?? known
    if (replaced === undefined) return { replaced }
    const era = await this.#nextEra(claim, replaced.why, begins ? begins.kafkaOffset : replaced.offset)
    return { replaced: replaced.why, era }
  }

  /** The claim that begins the next era behind the newest one; undefined: none may begin, see #nextEra. */
  async eraBehindEnd(why: string): Promise<Claim | undefined> {
    const tail = this.#tail
    return tail && this.#nextEra(tail, why, tail.E - shiftOf(tail))
  }

  /** The claim at that key. @throws Failure CLAIM_UNREADABLE */
  readClaim(key: string): Promise<Claim> {
    return this.#attempt('read_claim', async () =>
      this.#usable(await readLink(this.#options.landing.store, key)),
    )
  }

  /** The chain continues with that claim. */
  noteClaim(claim: Claim): void {
    if (!isSilent(claim)) this.#noteEnd({ claim, gapsTo: claim.E })
    else if (claim.skipped === 0) this.#noteGaps(claim.S, claim.E)
  }

  /** From now on, records belong to the era that the claim begins. */
  beginEra(claim: Claim): void {
    this.#era = claim.era
  }

  /**
   * The connection to a broker was lost, and its log may be another one when it is back.
   * @param read the last record that was read and is not claimed, at its offset in Kafka, if there is one
   * @param gaps offsets of the lake that were read without a record behind the claims, if no record was read
   */
  connectionLost(read: LandedRecord | undefined, { from, to }: Gaps): void {
    if (!read && to > from && !this.#noteGaps(from, to))
      this.#doubtedGaps = { from: from - this.shift, to: to - this.shift }
    const last = later(read, this.#lastClaimed)
    if (last) {
      // The connection may be lost again while the same record is compared.
      if (last.offset === this.#doubted.at(-1)?.offset) this.#doubted.pop()
      this.#doubted.push(last)
    } else if (this.#begun) this.#isEraDoubted = true
  }

  /**
   * Makes sure that Kafka still has what was read or claimed before a lost connection.
   * @param landedOffset the end of the last complete claim, as an offset of the lake
   * @throws Failure TOPIC_TRUNCATED, which may be tried again if nothing that had landed is lost
   */
  async confirm(landedOffset: number): Promise<void> {
    const { partition, truncation, onTruncation } = this.#options
    if (this.#isEraDoubted && this.#begun) {
      const cut = await this.#cutBelow(this.#begun)
      if (cut && onTruncation === 'record') throw logReplaced(partition, cut.why)
      if (cut) throw await this.refuse(cut.why)
      this.#isEraDoubted = false
    }
    if (this.#doubtedGaps) {
      const gaps = this.#doubtedGaps
      const replaced = await this.#attempt('compare_record', () => truncation.compareGaps(partition, gaps))
      // None of them has landed.
      if (replaced) throw logReplaced(partition, replaced.why)
      if (this.#doubtedGaps === gaps) this.#doubtedGaps = undefined
    }
    const hasLanded = ({ offset }: { readonly offset: number }) => offset + this.shift < landedOffset
    for (let record = this.#doubted[0]; record !== undefined; record = this.#doubted[0]) {
      const replaced = await this.#replaced(record, hasLanded(record) ? 'has landed' : 'was read')
      if (replaced && hasLanded(replaced) && onTruncation !== 'record') throw await this.refuse(replaced.why)
      // Recovery decides whether landed records are among them, and where the chain continues.
      if (replaced) throw logReplaced(partition, replaced.why)
      if (this.#doubted[0] === record) this.#doubted.shift()
    }
  }

  /** Records that Kafka has replaced landed records of the partition. @returns the error to stop with */
  refuse(why: string): Promise<Failure> {
    const { partition, truncation, onTruncation } = this.#options
    const unknown = '; where the two logs diverge is unknown, so no era can begin'
    const what = onTruncation === 'record' ? why + unknown : why
    return this.#attempt('write_truncation', () => truncation.refuse(partition, what, this.#era?.number))
  }

  #noteEnd(end: ComparableEnd): void {
    // The claim of an earlier release does not identify its last record.
    if (!end.claim.begins && !end.claim.last) return
    this.#begun = end.claim.begins
    this.#lastClaimed = landedRecord(end)
  }

  /**
   * Adds gaps to those behind the last record. Out: false if there is no such record, or skipped records, which Kafka
   * may have, are between them.
   */
  #noteGaps(from: number, to: number): boolean {
    const last = this.#lastClaimed
    if (last?.gapsTo === undefined || last.gapsTo + this.shift !== from) return false
    this.#lastClaimed = { ...last, gapsTo: to - this.shift }
    return true
  }

  /**
   * Why and where Kafka's log is not that of this record, as far as this consumer or another one can tell. @throws
   * Failure TOPIC_TRUNCATED
   */
  async #replaced(record: LandedRecord, how: RecordPast): Promise<Replaced | undefined> {
    const { partition, truncation } = this.#options
    const compared = await this.#attempt('compare_record', () => truncation.compare(partition, record, how))
    if (compared.result === 'replaced') return compared
    if (compared.result === 'same') return undefined
    // Another consumer may have compared it while Kafka still had the record.
    await this.#readKnownTruncation()
    const { offset, gapsTo = offset + 1 } = record
    return this.#knownTruncation && { why: this.#knownTruncation.why, offset: gapsTo - 1 }
  }

  /** @throws Failure TOPIC_TRUNCATED when an earlier consumer has refused the era, and no next one can begin */
  async #readKnownTruncation(): Promise<void> {
    const { partition, truncation, onTruncation } = this.#options
    const era = this.#era?.number ?? 0
    this.#knownTruncation = await this.#attempt('read_truncation', () => truncation.known(partition, era))
    const mayGoOn = onTruncation === 'record' && (this.#lastClaimed ?? this.#begun)
    if (!this.#knownTruncation || mayGoOn) return
    await this.#attempt('read_truncation', () => truncation.requireIntact(partition, era))
  }

  /**
   * The claim with which the chain continues after a claim whose records Kafka has replaced. @param most the highest
   * Kafka offset at which the logs can diverge, from what was found @returns undefined: no era is allowed, or where the
   * logs diverge is unknown
   */
  async #nextEra(claim: Claim, why: string, most: number): Promise<Claim | undefined> {
    const { target, landing, onTruncation } = this.#options
    if (onTruncation !== 'record') return undefined
    const kafkaOffset = await this.#divergence(claim)
    if (kafkaOffset === undefined || kafkaOffset > most) return undefined
    const complete = await this.#attempt('check_tail', () => isComplete(landing.store, target.lake, claim))
    return buildEra(target, claim, {
      kafkaOffset,
      why,
      foundAt: new Date().toISOString(),
      replacedTo: claim.E - shiftOf(claim),
      ...(!complete && { unfinished: { S: claim.S, E: claim.E } }),
    })
  }

  /**
   * Why an era in which nothing has landed cannot continue where it began: Kafka has again lost records, some of which
   * landed before the era. Undefined: it can, or Kafka does not know.
   */
  async #cutBelow({ kafkaOffset }: EraStart): Promise<Replaced | undefined> {
    const end = await this.#divergence()
    if (end === undefined || end >= kafkaOffset) return undefined
    const why = `Kafka has lost landed records from offset ${end} on, before anything landed in the era that begins at ${kafkaOffset}`
    return { why, offset: end }
  }

  /**
   * Where Kafka's log diverges from that of the claim's last record, or of the newest claim that has one; undefined:
   * unknown.
   */
  async #divergence(claim?: Claim): Promise<number | undefined> {
    const { partition, truncation } = this.#options
    const last = claim?.last ?? (await this.#attempt('read_claim', () => this.#newestRecord()))
    const leaderEpoch = last?.leaderEpoch
    if (leaderEpoch === undefined) return undefined
    return this.#attempt('find_divergence', () => truncation.divergence(partition, leaderEpoch))
  }

  /** The last record of the newest claim that has records. */
  async #newestRecord(): Promise<LastRecord | undefined> {
    for await (const { last } of this.#newestFirst()) if (last) return last
    return undefined
  }

  async *#newestFirst(): AsyncGenerator<Claim> {
    const { target, partition, landing } = this.#options
    for await (const link of newestLinks(landing.store, target.lake, target.topicId, partition))
      yield this.#usable(link)
  }

  #usable(link: ChainLink): Claim {
    return usableClaim(link, `partition ${this.#options.partition} is not read, nothing is written`)
  }

  #attempt<T>(name: string, effect: () => Promise<T>): Promise<T> {
    return untilDone(name, this.#options.events, this.#signal, effect)
  }
}

/**
 * If the later record is still there, so is the earlier one; and of two with the same offset, the one with more gaps. An
 * adopted claim may end behind what has been read.
 */
function later(read: LandedRecord | undefined, claimed: LandedRecord | undefined): LandedRecord | undefined {
  if (!read || !claimed) return read ?? claimed
  if (read.offset !== claimed.offset) return read.offset > claimed.offset ? read : claimed
  return (read.gapsTo ?? 0) > (claimed.gapsTo ?? 0) ? read : claimed
}
