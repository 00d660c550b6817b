// Lands one partition's records: performs the effects that the claim protocol asks for, batch after batch.
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { type Claim, claimText, type Era, shiftOf } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { claimKey } from '@ticklake/contract/keys.ts'
import { isComplete } from '@ticklake/lake/completeness.ts'
import type { Failure } from '@ticklake/runtime/errors.ts'
import { PendingBatches, type PendingBatchesOptions } from '../batching/pending-batches.ts'
import type { RecordBuffer } from '../batching/record-buffer.ts'
import type { RecordSink } from '../group/record-source.ts'
import { Aborted, untilDone } from '../retry.ts'
import { abilityFor, buildClaim, buildSkip } from './claim-builder.ts'
import { stopFailure } from './claim-failures.ts'
import { firstStep, isCollecting, nextStep, type Outcome, type Step } from './claim-protocol.ts'
import { ClaimedLog, type ClaimedLogOptions } from './claimed-log.ts'
import { landDead, landFiles } from './landing.ts'
import { shiftedSink } from './shifted-sink.ts'

export interface WriterOptions
  extends ClaimedLogOptions,
    Pick<PendingBatchesOptions, 'flushAfterMs' | 'flushBytes' | 'flushRows'> {
  /** Asks the broker whether the topic is still the dataset's. */
  readonly confirmTopic: () => Promise<void>
  /** Asks S3 whether the dataset still has this release's contract. */
  readonly confirmDataset: () => Promise<void>
  /** Commits the offset to Kafka; a failure is harmless. */
  readonly commit: (offset: number) => Promise<void>
  /** Called when memory was freed. */
  readonly onProgress: () => void
}

export class PartitionWriter {
  /** Takes the partition's records. */
  readonly pending: PendingBatches
  readonly #options: WriterOptions
  readonly #log: ClaimedLog
  readonly #aborting = new AbortController()
  #step: Step = firstStep
  /** The batch of the claim that is being written. */
  #batch: RecordBuffer | undefined
  /** When the batch was taken; undefined for a claim without one, such as a skip. */
  #batchTakenAt: number | undefined
  /** Whether a batch is taken and the topic is being confirmed, which needs no further records. */
  #isConfirming = false
  #draining = false
  #wake: () => void = () => {}

  constructor(options: WriterOptions) {
    this.#options = options
    this.#log = new ClaimedLog(options, this.#aborting.signal)
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
    return this.#log.era
  }

  /** How far the offsets of claims are above Kafka's. */
  get shift(): number {
    return this.#log.shift
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
    return this.#log.refuse(why)
  }

  /**
   * The partition ends in Kafka before its claims do: begins the next era if that is allowed, otherwise refuses the
   * partition. Only between recover() and run().
   * @returns the offset to read from
   * @throws Failure TOPIC_TRUNCATED; Aborted
   */
  async goOnBehind(why: string): Promise<number> {
    const claim = await this.#log.eraBehindEnd(why)
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
    this.#log.connectionLost(read, { from: this.unclaimedFrom, to: pending.nextOffset })
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
      claim: buildSkip(this.#options.target, this.#options.partition, from, to, reason, this.era),
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
      await this.#log.confirm(this.landedOffset)
    } finally {
      this.#isConfirming = false
    }
    const { target, partition } = this.#options
    const epochAt = (offset: number) => this.pending.leaderEpochAt(offset)
    const claim = buildClaim(target, partition, this.#batch!, epochAt, this.era)
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
    this.#log.noteClaim(this.#step.claim)
  }

  async #perform(step: Step): Promise<Outcome> {
    const { target, partition, landing, events } = this.#options
    const { signal } = this.#aborting
    const attempt = <T>(name: string, effect: () => Promise<T>) => untilDone(name, events, signal, effect)
    switch (step.at) {
      case 'find-tail':
        return { of: 'find-tail', ...(await this.#log.readEnd()) }
      case 'compare-tail':
        return { of: 'compare-tail', ...(await this.#log.compareEnd(step.claim, step.landed)) }
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
        return { of: 'read-claim', claim: await this.#log.readClaim(key) }
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
      this.#log.beginEra(claim)
      this.#options.events.eraBegun(claim)
    }
    this.#options.onProgress()
    await yieldToEventLoop()
  }
}
