// Lands one partition's records: performs the effects that the claim protocol asks for, batch after batch.
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import {
  type Claim,
  claimText,
  type Era,
  type EraStart,
  shiftOf,
  writtenBy,
} from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { claimKey } from '@ticklake/contract/keys.ts'
import type { LastRecord } from '@ticklake/contract/last-record.ts'
import {
  type ComparableEnd,
  type Comparison,
  chainEnd,
  isSilent,
  type LandedRecord,
  landedRecord,
  type RecordPast,
} from '@ticklake/lake/chain-end.ts'
import { type ChainLink, newestLinks, readLink, usableClaim } from '@ticklake/lake/claims.ts'
import { isComplete } from '@ticklake/lake/completeness.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { release } from '@ticklake/runtime/release.ts'
import { PendingBatches, type PendingBatchesOptions } from '../batching/pending-batches.ts'
import type { RecordBuffer } from '../batching/record-buffer.ts'
import type { ConsumerEvents } from '../events.ts'
import type { RecordSink } from '../group/record-source.ts'
import { Aborted, untilDone } from '../retry.ts'
import { abilityFor, buildClaim, buildEra, buildSkip, type LandingTarget } from './claim-builder.ts'
import { firstStep, isCollecting, nextStep, type Outcome, type Problem, type Step } from './claim-protocol.ts'
import { type LandingPort, landDead, landFiles } from './landing.ts'
import { shiftedSink } from './shifted-sink.ts'
import type { KnownTruncation, TruncationGuard } from './truncation-guard.ts'

/** Why Kafka's log is another one, and from which offset on, as far as was seen. */
type Replaced = Pick<Extract<Comparison, { result: 'replaced' }>, 'why' | 'offset'>

export interface WriterOptions
  extends Pick<PendingBatchesOptions, 'flushAfterMs' | 'flushBytes' | 'flushRows'> {
  readonly target: LandingTarget
  readonly partition: number
  readonly landing: LandingPort
  readonly events: ConsumerEvents
  /** Asks the broker whether the topic is still the dataset's. */
  readonly confirmTopic: () => Promise<void>
  /** Asks S3 whether the dataset still has this release's contract. */
  readonly confirmDataset: () => Promise<void>
  readonly truncation: TruncationGuard
  /** `record`: if Kafka has replaced landed records, the chain continues in a new era. */
  readonly onTruncation?: 'stop' | 'record'
  /** Commits the offset to Kafka; a failure is harmless. */
  readonly commit: (offset: number) => Promise<void>
  /** Called when memory was freed. */
  readonly onProgress: () => void
}

export class PartitionWriter {
  /** Takes the partition's records. */
  readonly pending: PendingBatches
  readonly #options: WriterOptions
  readonly #aborting = new AbortController()
  #step: Step = firstStep
  /** The batch of the claim that is being written. */
  #batch: RecordBuffer | undefined
  /** When the batch was taken; undefined for a claim without one, such as a skip. */
  #batchTakenAt: number | undefined
  /** Whether a batch is taken and the topic is being confirmed, which needs no further records. */
  #isConfirming = false
  #draining = false
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
  #wake: () => void = () => {}

  constructor(options: WriterOptions) {
    this.#options = options
    this.pending = new PendingBatches({
      ...options,
      aliases: options.target.aliases === true,
      onReady: () => this.#wake(),
    })
  }

  /** Memory held, in bytes. */
  get heldBytes(): number {
    return this.pending.heldBytes + (this.#batch?.heldBytes ?? 0)
  }

  /** Takes the partition's records at their offsets in Kafka. */
  get sink(): RecordSink {
    return this.shift === 0 ? this.pending : shiftedSink(this.pending, this.shift)
  }

  /** The era that is written to, once the chain is recovered. */
  get era(): Era | undefined {
    return this.#era
  }

  /** How far the offsets of claims are above Kafka's. */
  get shift(): number {
    return this.#era?.shift ?? 0
  }

  /** Aborts when the writer is aborted. */
  get signal(): AbortSignal {
    return this.#aborting.signal
  }

  /** Whether a claim is being written or about to be, so that memory will be freed without further records. */
  get isBusy(): boolean {
    return (
      this.#isConfirming ||
      !isCollecting(this.#step) ||
      (this.#step.at === 'collect' && this.pending.hasFullBatch)
    )
  }

  /** Whether no claim is incomplete, so that records may be skipped. */
  get canSkip(): boolean {
    return this.#step.at === 'collect'
  }

  /** The first offset that no claim covers, an unfinished one included. */
  get unclaimedFrom(): number {
    const step = this.#step
    return step.at === 'collect' ? step.from : 'claim' in step ? step.claim.E : 0
  }

  /** The end of the last complete claim, as far as this writer knows. */
  get landedOffset(): number {
    const step = this.#step
    return step.at === 'collect' ? step.from : 'claim' in step ? step.claim.S : 0
  }

  /**
   * Finds the end of the partition's chain, and whether its newest claim is complete.
   * @returns the offset to read from
   * @throws Failure CLAIM_UNREADABLE, UNKNOWN_ENCODER, NEWER_CONTRACT, TOPIC_TRUNCATED; Aborted
   */
  async recover(): Promise<number> {
    await this.#confirmDataset()
    while (!isCollecting(this.#step)) await this.#advance()
    const from = this.#step.at === 'collect' ? this.#step.from : this.#step.claim.S
    this.pending.startAt(from)
    return from
  }

  /** Makes sure that the records read so far are of the claims' topic. @throws Failure TOPIC_REPLACED; Aborted */
  confirmTopic(): Promise<void> {
    const { events, confirmTopic } = this.#options
    return untilDone('describe_topic', events, this.#aborting.signal, confirmTopic)
  }

  /** Records that Kafka has replaced landed records of the partition. @returns the error to stop with */
  refuseTruncated(why: string): Promise<Failure> {
    const { events, partition, truncation, onTruncation } = this.#options
    const unknown = '; where the two logs diverge is unknown, so no era can begin'
    const what = onTruncation === 'record' ? why + unknown : why
    return untilDone('write_truncation', events, this.#aborting.signal, () =>
      truncation.refuse(partition, what, this.#era?.number),
    )
  }

  /**
   * The partition ends in Kafka before its claims do: begins the next era if that is allowed, otherwise refuses the
   * partition. Only between recover() and run().
   * @returns the offset to read from
   * @throws Failure TOPIC_TRUNCATED; Aborted
   */
  async goOnBehind(why: string): Promise<number> {
    const tail = this.#tail
    const claim = tail && (await this.#nextEra(tail, why, tail.E - shiftOf(tail)))
    if (!claim) throw await this.refuseTruncated(why)
    this.#step = { at: 'put-claim', claim }
    return this.recover()
  }

  /**
   * The connection to a broker was lost, and its log may be another one when it is back. The last record that was read
   * or claimed so far is compared before the next claim.
   */
  connectionLost(): void {
    const { target } = this.#options
    const { shift, pending } = this
    const record = pending.lastRecord ?? (isCollecting(this.#step) ? this.#batch?.lastRecord() : undefined)
    const read = record && {
      ...record,
      offset: record.offset - shift,
      contract: CONTRACT_VERSION,
      aliases: target.aliases,
      gapsTo: pending.nextOffset - shift,
    }
    // What is pending has no record.
    if (!record) this.#noteGaps(this.unclaimedFrom, pending.nextOffset)
    // An adopted claim may end behind what has been read. If the later record is still there, so is the earlier one.
    const last = read && read.offset > (this.#lastClaimed?.offset ?? -1) ? read : this.#lastClaimed
    if (last) {
      // The connection may be lost again while the same record is compared.
      if (last.offset === this.#doubted.at(-1)?.offset) this.#doubted.pop()
      this.#doubted.push(last)
    } else if (this.#begun) this.#isEraDoubted = true
  }

  /** @throws Failure TOPIC_TRUNCATED; Aborted */
  async #confirmLog(): Promise<void> {
    const { partition } = this.#options
    if (this.#isEraDoubted && this.#begun) {
      const cut = await this.#cutBelow(this.#begun)
      if (cut && this.#options.onTruncation === 'record') throw logReplaced(partition, cut.why)
      if (cut) throw await this.refuseTruncated(cut.why)
      this.#isEraDoubted = false
    }
    const hasLanded = ({ offset }: { readonly offset: number }) => offset + this.shift < this.landedOffset
    for (let record = this.#doubted[0]; record !== undefined; record = this.#doubted[0]) {
      const replaced = await this.#replaced(record, hasLanded(record) ? 'has landed' : 'was read')
      if (replaced && hasLanded(replaced) && this.#options.onTruncation !== 'record') {
        throw await this.refuseTruncated(replaced.why)
      }
      // Recovery decides whether landed records are among them, and where the chain continues.
      if (replaced) throw logReplaced(partition, replaced.why)
      if (this.#doubted[0] === record) this.#doubted.shift()
    }
  }

  /**
   * Makes sure that the records read so far have no field that this release does not know. @throws Failure
   * NEWER_CONTRACT; Aborted
   */
  #confirmDataset(): Promise<void> {
    const { events, confirmDataset } = this.#options
    return untilDone('read_dataset', events, this.#aborting.signal, confirmDataset)
  }

  /**
   * Skips [landed offset, `to`) with a claim that says why. Only between recover() and run().
   * @returns the offset to read from; another one if another consumer's claim came first
   */
  async skipTo(to: number, reason: string): Promise<number> {
    const from = this.landedOffset
    this.#step = {
      at: 'put-claim',
      claim: buildSkip(this.#options.target, this.#options.partition, from, to, reason, this.#era),
    }
    return this.recover()
  }

  /**
   * Lands batch after batch until the writer is drained or aborted.
   * @throws Failure when only a person can decide what to do
   */
  async run(): Promise<void> {
    try {
      for (;;) {
        if (!isCollecting(this.#step)) await this.#advance()
        else if (!(await this.#collect())) return
      }
    } catch (error) {
      if (!(error instanceof Aborted)) throw error
    } finally {
      this.pending.stopAging()
    }
  }

  /** Makes run() land the pending records and then return. */
  drain(): void {
    this.#draining = true
    this.pending.seal()
    this.#wake()
  }

  /**
   * Makes run() return without waiting for S3 or Kafka; it only waits for an encoding to end. The partition's next
   * owner re-reads what is not claimed.
   */
  abort(): void {
    const unclaimed = this.pending.records
    if (unclaimed > 0) this.#options.events.recordsDropped(this.#options.partition, unclaimed)
    this.#aborting.abort()
    this.#wake()
  }

  /** Waits for a batch, and builds its claim. False: drained, with nothing left to write. */
  async #collect(): Promise<boolean> {
    const step = this.#step
    for (;;) {
      if (this.#aborting.signal.aborted) throw new Aborted()
      if (step.at === 'collect' && this.#takeFullBatch(step.from)) break
      if (step.at === 'collect-claim' && this.#takeClaim(step.claim)) break
      if (this.#draining) return false
      // Sealing would not help: the adopted claim determines where the batch ends.
      if (step.at === 'collect-claim') this.pending.awaitedEnd = step.claim.E
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.pending.awaitedEnd = Number.POSITIVE_INFINITY
    this.#batchTakenAt = performance.now()
    this.#isConfirming = true
    try {
      await Promise.all([this.confirmTopic(), this.#confirmDataset()])
      // Last, since a lost connection may only be noticed meanwhile, for instance after the process was frozen.
      await this.#confirmLog()
    } finally {
      this.#isConfirming = false
    }
    const { target, partition } = this.#options
    const epochAt = (offset: number) => this.pending.leaderEpochAt(offset)
    const claim = buildClaim(target, partition, this.#batch!, epochAt, this.#era)
    await this.#follow({ of: step.at === 'collect' ? 'collect' : 'collect-claim', claim })
    return true
  }

  /** @param from where the chain ends: a claim that starts anywhere else would leave a hole in it */
  #takeFullBatch(from: number): boolean {
    this.#batch = this.pending.takeFullBatch()
    if (this.#batch && this.#batch.start !== from) {
      throw new Error(
        `partition ${this.#options.partition}: the chain ends at ${from}, the batch starts at ${this.#batch.start}`,
      )
    }
    return this.#batch !== undefined
  }

  /** Takes the batch of a claim that another consumer wrote, once all of its records are here. */
  #takeClaim(claim: Claim): boolean {
    const batch = this.pending.takeBatch(claim, this.#batch)
    if (!batch) return false
    // Another consumer claimed this offset first, so it is running now.
    if (this.#batch && claim.contract < CONTRACT_VERSION) this.#options.events.earlierReleaseBeside(claim)
    this.#batch = batch
    this.#options.events.claimAdopted(claim)
    return true
  }

  async #advance(): Promise<void> {
    await this.#follow(await this.#perform(this.#step))
  }

  async #follow(outcome: Outcome): Promise<void> {
    this.#step = nextStep(this.#step, outcome, (claim) => abilityFor(this.#options.target, claim))
    if (this.#step.at === 'refuse') {
      const { problem } = this.#step
      throw problem.kind === 'truncated' ? await this.refuseTruncated(problem.found) : stopFailure(problem)
    }
    if (!('claim' in this.#step)) return
    const { claim } = this.#step
    if (!isSilent(claim)) this.#noteEnd({ claim, gapsTo: claim.E })
    else if (claim.skipped === 0) this.#noteGaps(claim.S, claim.E)
  }

  #noteEnd(end: ComparableEnd): void {
    // The claim of an earlier release does not identify its last record.
    if (!end.claim.begins && !end.claim.last) return
    this.#begun = end.claim.begins
    this.#lastClaimed = landedRecord(end)
  }

  /** Adds gaps to those behind the last record, unless skipped records, which Kafka may have, are between them. */
  #noteGaps(from: number, to: number): void {
    const last = this.#lastClaimed
    if (last?.gapsTo !== undefined && last.gapsTo + this.shift === from && to > from)
      this.#lastClaimed = { ...last, gapsTo: to - this.shift }
  }

  async #perform(step: Step): Promise<Outcome> {
    const { target, partition, landing, events } = this.#options
    const { signal } = this.#aborting
    const attempt = <T>(name: string, effect: () => Promise<T>) => untilDone(name, events, signal, effect)
    switch (step.at) {
      case 'find-tail': {
        const end = await attempt('find_tail', () => chainEnd(this.#newestFirst()))
        const tail = end?.newest
        if (end?.landed) this.#noteEnd(end.landed)
        this.#tail = tail
        this.#era = tail?.era
        await this.#readKnownTruncation()
        return { of: 'find-tail', tail, landed: end?.landed?.claim }
      }
      case 'compare-tail': {
        const { claim, landed } = step
        const { begins } = landed
        const found = begins ? this.#cutBelow(begins) : this.#replaced(this.#lastClaimed!, 'has landed')
        const known = this.#knownTruncation && {
          why: this.#knownTruncation.why,
          offset: claim.E - shiftOf(claim),
        }
        const replaced = (await found) ?? known
        if (replaced === undefined) return { of: 'compare-tail', replaced }
        const era = await this.#nextEra(claim, replaced.why, begins ? begins.kafkaOffset : replaced.offset)
        return { of: 'compare-tail', replaced: replaced.why, era }
      }
      case 'check-tail':
        return {
          of: 'check-tail',
          complete: await attempt('check_tail', () => isComplete(landing.store, target.lake, step.claim)),
        }
      case 'put-claim': {
        const key = claimKey(target.lake, target.topicId, partition, step.claim.S)
        const result = await attempt('put_claim', () =>
          landing.store.putIfAbsent(key, claimText(step.claim), 'application/json', signal),
        )
        return { of: 'put-claim', result }
      }
      case 'read-claim': {
        const key = claimKey(target.lake, target.topicId, partition, step.claim.S)
        return { of: 'read-claim', claim: await attempt('read_claim', () => this.#readClaim(key)) }
      }
      case 'put-files':
        await landFiles(landing, target, step.claim, this.#batch!, signal, events, this.#options.onProgress)
        return { of: 'put-files' }
      case 'announce':
        return {
          of: 'announce',
          result: (await landing.announcements.announce(step.claim, this.#batch!.rejected, signal))
            ? 'sent'
            : 'pending',
        }
      case 'defer-announcement':
        await attempt('defer_announcement', () => landing.announcements.defer(step.claim, signal))
        return { of: 'defer-announcement' }
      case 'put-dead':
        await attempt('put_dead_file', () =>
          landDead(landing, target, step.claim, this.#batch!.rejected, signal),
        )
        return { of: 'put-dead' }
      case 'commit':
        await this.#complete(step.claim)
        return { of: 'commit' }
      default:
        throw new Error(`nothing to perform at ${step.at}`)
    }
  }

  /**
   * Why and where Kafka's log is not that of this record, as far as this consumer or another one can tell. @throws
   * Failure TOPIC_TRUNCATED
   */
  async #replaced(record: LandedRecord, how: RecordPast): Promise<Replaced | undefined> {
    const { events, partition, truncation } = this.#options
    const compared = await untilDone('compare_record', events, this.#aborting.signal, () =>
      truncation.compare(partition, record, how),
    )
    if (compared.result === 'replaced') return compared
    if (compared.result === 'same') return undefined
    // Another consumer may have compared it while Kafka still had the record.
    await this.#readKnownTruncation()
    return this.#knownTruncation && { why: this.#knownTruncation.why, offset: record.offset }
  }

  /** @throws Failure TOPIC_TRUNCATED when an earlier consumer has refused the era, and no next one can begin */
  async #readKnownTruncation(): Promise<void> {
    const { events, partition, truncation, onTruncation } = this.#options
    const era = this.#era?.number ?? 0
    this.#knownTruncation = await untilDone('read_truncation', events, this.#aborting.signal, () =>
      truncation.known(partition, era),
    )
    const mayGoOn = onTruncation === 'record' && (this.#lastClaimed ?? this.#begun)
    if (!this.#knownTruncation || mayGoOn) return
    await untilDone('read_truncation', events, this.#aborting.signal, () =>
      truncation.requireIntact(partition, era),
    )
  }

  /**
   * The claim with which the chain continues after a claim whose records Kafka has replaced. @param most the highest
   * Kafka offset at which the logs can diverge, from what was found @returns undefined: no era is allowed, or where the
   * logs diverge is unknown
   */
  async #nextEra(claim: Claim, why: string, most: number): Promise<Claim | undefined> {
    const { target, landing, events, onTruncation } = this.#options
    if (onTruncation !== 'record') return undefined
    const kafkaOffset = await this.#divergence(claim)
    if (kafkaOffset === undefined || kafkaOffset > most) return undefined
    const complete = await untilDone('check_tail', events, this.#aborting.signal, () =>
      isComplete(landing.store, target.lake, claim),
    )
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
    const { partition, events, truncation } = this.#options
    const { signal } = this.#aborting
    const last = claim?.last ?? (await untilDone('read_claim', events, signal, () => this.#newestRecord()))
    const leaderEpoch = last?.leaderEpoch
    if (leaderEpoch === undefined) return undefined
    return untilDone('find_divergence', events, signal, () => truncation.divergence(partition, leaderEpoch))
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

  async #readClaim(key: string): Promise<Claim> {
    return this.#usable(await readLink(this.#options.landing.store, key))
  }

  #usable(link: ChainLink): Claim {
    return usableClaim(link, `partition ${this.#options.partition} is not read, nothing is written`)
  }

  async #complete(claim: Claim): Promise<void> {
    await this.#options
      .commit(claim.E - shiftOf(claim))
      .catch((error) => this.#options.events.commitFailed(claim.partition, error))
    const last = this.#batch?.lastTimestampMs
    const seconds =
      this.#batchTakenAt === undefined ? undefined : (performance.now() - this.#batchTakenAt) / 1000
    // Another consumer's claim may skip fewer records than are pending, or more: the chain continues where it ends.
    if (claim.skipped > 0) this.pending.dropBefore(claim.E, this.#batch)
    this.#batch = undefined
    this.#batchTakenAt = undefined
    this.#options.events.claimCompleted(claim, last, seconds)
    if (claim.begins) {
      this.#era = claim.era
      this.#options.events.eraBegun(claim)
    }
    this.#options.onProgress()
    await yieldToEventLoop()
  }
}

/** The records in memory are of a log that Kafka has replaced: another member recovers the chain again. */
function logReplaced(partition: number, why: string): Failure {
  return new Failure({
    code: 'TOPIC_TRUNCATED',
    what: `Kafka has replaced records of partition ${partition} that were read; those that had not landed are read again if Kafka has them`,
    why,
    retryable: true,
  })
}

function stopFailure(problem: Exclude<Problem, { kind: 'truncated' }>): Failure {
  if (problem.kind === 'unknown-encoder') {
    const { S, E, partition, encoder, contract } = problem.claim
    const wanted = problem.claim.release
      ? `ticklake ${problem.claim.release} or newer`
      : `the release with encoder ${encoder} and contract ${contract}`
    return new Failure({
      code: 'UNKNOWN_ENCODER',
      what: `the unfinished claim [${S},${E}) of partition ${partition} cannot be finished by this release; nothing was written`,
      why: `it names encoder ${encoder} and contract ${contract}${writtenBy(problem.claim)}, this release has contract ${CONTRACT_VERSION}`,
      remedy: `run ${wanted} once, until it logs that the claim is complete`,
    })
  }
  if (problem.kind === 'newer-contract') {
    const { S, E, partition, contract } = problem.claim
    return new Failure({
      code: 'NEWER_CONTRACT',
      what: `the claim [${S},${E}) of partition ${partition} has contract ${contract}${writtenBy(problem.claim)}; nothing more is read from it`,
      why: `ticklake ${release} knows contract ${CONTRACT_VERSION}: it would drop the columns that were added since`,
      remedy: `run ticklake ${problem.claim.release ?? 'of the release that wrote it'} or newer`,
    })
  }
  if (problem.kind === 'era-begun') {
    const { partition, era } = problem.claim
    return logReplaced(partition, `another consumer has begun era ${era?.number ?? 0}`)
  }
  const { stored, seen } = problem
  return new Failure({
    code: 'CLAIM_DISAGREES',
    what: `the records of [${stored.S},${stored.E}) in partition ${stored.partition} are not those of its claim; nothing was written`,
    why: `the claim has ${describe(stored)}; Kafka now gives ${describe(seen)} (${problem.kind})`,
    remedy:
      'run `catalog audit --deep`: records were compacted or deleted before they landed, or two releases validate differently',
  })
}

function describe(claim: Claim): string {
  const files = claim.files.map(({ key, rows }) => `${rows} rows in ${key}`).join(', ') || 'no rows'
  const last = claim.last ? `, its last record ${claim.last.sha256.slice(0, 12)}` : ''
  return `${files}, ${claim.dead} dead, ${claim.gaps} gaps${last}`
}
