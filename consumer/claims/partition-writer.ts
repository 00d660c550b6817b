// Carries one partition's records into the lake: performs what the claim protocol asks for, range after range.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Claim, claimText, parseClaim, writtenBy } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { claimKey, claimsPrefix } from '@ticklake/contract/keys.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { release } from '@ticklake/runtime/release.ts'
import { Gathering, type GatheringOptions } from '../batching/pending-batches.ts'
import type { RecordBuffer } from '../batching/record-buffer.ts'
import type { ConsumerEvents } from '../events.ts'
import { LetGo, untilDone } from '../retry.ts'
import { abilityFor, type Plan, planClaim, planSkip } from './claim-builder.ts'
import { firstStep, isCollecting, nextStep, type Outcome, type Step } from './claim-protocol.ts'
import { filesAreThere, type LandingPort, landDead, landFiles } from './landing.ts'

export interface WriterOptions extends Pick<GatheringOptions, 'flushAfterMs' | 'flushBytes' | 'flushRows'> {
  readonly plan: Plan
  readonly partition: number
  readonly landing: LandingPort
  readonly events: ConsumerEvents
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
  /** Where the partition's records are handed over. */
  readonly gathering: Gathering
  readonly #options: WriterOptions
  readonly #letGo = new AbortController()
  #step: Step = firstStep
  /** The records of the claim that is being written. */
  #frozen: RecordBuffer | undefined
  /** When they were taken; undefined for a claim without any, such as a skip. */
  #frozenAt: number | undefined
  /** Whether a range is taken and waits for the broker's word on the topic: it needs no further records. */
  #isConfirming = false
  #draining = false
  #wake: () => void = () => {}

  constructor(options: WriterOptions) {
    this.#options = options
    this.gathering = new Gathering({
      ...options,
      aliases: options.plan.aliases === true,
      onReady: () => this.#wake(),
    })
  }

  /** Memory held, in bytes. */
  get heldBytes(): number {
    return this.gathering.heldBytes + (this.#frozen?.heldBytes ?? 0)
  }

  /** Aborts when the writer lets go. */
  get signal(): AbortSignal {
    return this.#letGo.signal
  }

  /** Whether a claim is being written or waits to be: memory will be freed without further records. */
  get isBusy(): boolean {
    return (
      this.#isConfirming ||
      !isCollecting(this.#step) ||
      (this.#step.at === 'collect' && this.gathering.hasFullRange)
    )
  }

  /** Whether nothing is unfinished, so that a range may be left out. */
  get canSkip(): boolean {
    return this.#step.at === 'collect'
  }

  /** Where the claims end, the unfinished one included. */
  get claimedEnd(): number {
    const step = this.#step
    return step.at === 'collect' ? step.from : 'claim' in step ? step.claim.E : 0
  }

  /** Where the completed chain ends, as far as this writer knows. */
  get claimedOffset(): number {
    const step = this.#step
    return step.at === 'collect' ? step.from : 'claim' in step ? step.claim.S : 0
  }

  /**
   * Finds out where the partition's chain ends and whether its last claim was finished.
   * @returns the offset to read from
   * @throws Failure CLAIM_UNREADABLE, UNKNOWN_ENCODER, NEWER_CONTRACT; LetGo
   */
  async recover(): Promise<number> {
    await this.#confirmDataset()
    while (!isCollecting(this.#step)) await this.#advance()
    const from = this.#step.at === 'collect' ? this.#step.from : this.#step.claim.S
    this.gathering.beginAt(from)
    return from
  }

  /** Makes sure that what was read by now is of the topic that the claims are of. @throws Failure TOPIC_REPLACED; LetGo */
  confirmTopic(): Promise<void> {
    const { events, confirmTopic } = this.#options
    return untilDone('describe_topic', events, this.#letGo.signal, confirmTopic)
  }

  /** Makes sure that whatever was sent by now has no field that is unknown here. @throws Failure NEWER_CONTRACT; LetGo */
  #confirmDataset(): Promise<void> {
    const { events, confirmDataset } = this.#options
    return untilDone('read_dataset', events, this.#letGo.signal, confirmDataset)
  }

  /**
   * Leaves out [claimed, `to`) by a claim that says why. Only between recover() and run().
   * @returns the offset to read from; another one where a rival's claim came first
   */
  async skipTo(to: number, reason: string): Promise<number> {
    const from = this.claimedOffset
    this.#step = {
      at: 'put-claim',
      claim: planSkip(this.#options.plan, this.#options.partition, from, to, reason),
    }
    return this.recover()
  }

  /**
   * Writes range after range until the writer is drained or let go.
   * @throws Failure when only a person can decide what to do
   */
  async run(): Promise<void> {
    try {
      for (;;) {
        if (!isCollecting(this.#step)) await this.#advance()
        else if (!(await this.#collect())) return
      }
    } catch (error) {
      if (!(error instanceof LetGo)) throw error
    } finally {
      this.gathering.stopAging()
    }
  }

  /** Asks run() to write what was gathered and then to return. */
  drain(): void {
    this.#draining = true
    this.gathering.seal()
    this.#wake()
  }

  /**
   * Makes run() return without waiting for S3 or Kafka any more; only an encoding is waited for.
   * What is not claimed is read again by whoever has the partition next.
   */
  letGo(): void {
    const unclaimed = this.gathering.records
    if (unclaimed > 0) this.#options.events.recordsDropped(this.#options.partition, unclaimed)
    this.#letGo.abort()
    this.#wake()
  }

  /** Waits for records that make a claim. False: drained, nothing is left to write. */
  async #collect(): Promise<boolean> {
    const step = this.#step
    for (;;) {
      if (this.#letGo.signal.aborted) throw new LetGo()
      if (step.at === 'collect' && this.#takeFullRange(step.from)) break
      if (step.at === 'collect-claim' && this.#takeClaim(step.claim)) break
      if (this.#draining) return false
      // What was gathered stays in memory; sealing would not help, since the range is not ours to choose.
      if (step.at === 'collect-claim') this.gathering.awaitedEnd = step.claim.E
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.gathering.awaitedEnd = Number.POSITIVE_INFINITY
    this.#frozenAt = performance.now()
    this.#isConfirming = true
    await Promise.all([this.confirmTopic(), this.#confirmDataset()]).finally(() => {
      this.#isConfirming = false
    })
    const claim = planClaim(this.#options.plan, this.#options.partition, this.#frozen!)
    this.#follow({ of: step.at === 'collect' ? 'collect' : 'collect-claim', claim })
    return true
  }

  /** @param from where the chain ends: a claim that begins anywhere else would leave a hole in it */
  #takeFullRange(from: number): boolean {
    this.#frozen = this.gathering.takeFullRange()
    if (this.#frozen && this.#frozen.start !== from) {
      throw new Error(
        `partition ${this.#options.partition}: the chain ends at ${from}, gathered was from ${this.#frozen.start}`,
      )
    }
    return this.#frozen !== undefined
  }

  /** Cuts the gathered records at the end of a claim that somebody else wrote down, once they reach it. */
  #takeClaim(claim: Claim): boolean {
    const range = this.gathering.takeRange(claim, this.#frozen)
    if (!range) return false
    // Ours was to stand there: whoever was faster runs now.
    if (this.#frozen && claim.contract < CONTRACT_VERSION) this.#options.events.earlierReleaseBeside(claim)
    this.#frozen = range
    this.#options.events.claimAdopted(claim)
    return true
  }

  async #advance(): Promise<void> {
    this.#follow(await this.#perform(this.#step))
  }

  #follow(outcome: Outcome): void {
    this.#step = nextStep(this.#step, outcome, (claim) => abilityFor(this.#options.plan, claim))
    if (this.#step.at === 'refuse') throw refusal(this.#step.problem.kind, this.#step)
  }

  async #perform(step: Step): Promise<Outcome> {
    const { plan, partition, landing, events } = this.#options
    const { signal } = this.#letGo
    const attempt = <T>(name: string, effect: () => Promise<T>) => untilDone(name, events, signal, effect)
    const prefix = claimsPrefix(plan.lake, plan.topicId, partition)
    switch (step.at) {
      case 'find-tail': {
        const key = await attempt('find_tail', () => landing.store.firstKey(prefix))
        const tail = key === undefined ? undefined : await attempt('read_claim', () => this.#readClaim(key))
        return { of: 'find-tail', tail }
      }
      case 'check-tail':
        return {
          of: 'check-tail',
          complete: await attempt('check_tail', () => filesAreThere(landing, plan, step.claim)),
        }
      case 'put-claim': {
        const key = claimKey(plan.lake, plan.topicId, partition, step.claim.S)
        const result = await attempt('put_claim', () =>
          landing.store.putIfAbsent(key, claimText(step.claim), 'application/json', signal),
        )
        return { of: 'put-claim', result: result === 'conflict' ? 'unknown' : result }
      }
      case 'read-claim': {
        const key = claimKey(plan.lake, plan.topicId, partition, step.claim.S)
        return { of: 'read-claim', claim: await attempt('read_claim', () => this.#readClaim(key)) }
      }
      case 'put-files':
        await landFiles(landing, plan, step.claim, this.#frozen!, signal, events, this.#options.onProgress)
        return { of: 'put-files' }
      case 'notify':
        return {
          of: 'notify',
          result: (await landing.notices.tell(step.claim, this.#frozen!.refused, signal))
            ? 'told'
            : 'follows',
        }
      case 'defer-notice':
        await attempt('defer_notice', () => landing.notices.defer(step.claim, signal))
        return { of: 'defer-notice' }
      case 'put-dead':
        await attempt('put_dead_file', () =>
          landDead(landing, plan, step.claim, this.#frozen!.refused, signal),
        )
        return { of: 'put-dead' }
      case 'commit':
        await this.#complete(step.claim)
        return { of: 'commit' }
      default:
        throw new Error(`nothing to perform at ${step.at}`)
    }
  }

  async #readClaim(key: string): Promise<Claim> {
    const text = await this.#options.landing.store.read(key)
    try {
      if (text === undefined) throw new Error('it was listed, but is not there: something deletes claims')
      return parseClaim(text)
    } catch (error) {
      throw new Failure({
        code: 'CLAIM_UNREADABLE',
        what: `the claim ${key} cannot be understood; partition ${this.#options.partition} is not read, nothing is written`,
        why: (error as Error).message,
        remedy: 'restore the object, or run the release that wrote it; never delete a claim',
        cause: error,
      })
    }
  }

  async #complete(claim: Claim): Promise<void> {
    await this.#options
      .commit(claim.E)
      .catch((error) => this.#options.events.commitFailed(claim.partition, error))
    const last = this.#frozen?.lastTimestampMs
    const seconds = this.#frozenAt === undefined ? undefined : (performance.now() - this.#frozenAt) / 1000
    // Another's claim may leave out less than was gathered, or more: the chain goes on where it ends.
    if (claim.skipped > 0) this.gathering.leaveOut(claim.E, this.#frozen)
    this.#frozen = undefined
    this.#frozenAt = undefined
    this.#options.events.claimCompleted(claim, last, seconds)
    this.#options.onProgress()
    await nextTurn()
  }
}

function refusal(kind: string, step: Extract<Step, { at: 'refuse' }>): Failure {
  const { problem } = step
  if (problem.kind === 'unknown-encoder') {
    const { S, E, partition, encoder, contract } = problem.claim
    const wanted = problem.claim.release
      ? `ticklake ${problem.claim.release} or newer`
      : `the release with encoder ${encoder} and contract ${contract}`
    return new Failure({
      code: 'UNKNOWN_ENCODER',
      what: `the unfinished claim [${S},${E}) of partition ${partition} cannot be finished by this release; nothing was written`,
      why: `it names encoder ${encoder} and contract ${contract}${writtenBy(problem.claim)}, this release has contract ${CONTRACT_VERSION}`,
      remedy: `run ${wanted} once, until it says that the range has landed`,
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
  const { stored, seen } = problem
  return new Failure({
    code: 'CLAIM_DISAGREES',
    what: `the records of [${stored.S},${stored.E}) in partition ${stored.partition} are not those that its claim tells of; nothing was written`,
    why: `the claim has ${describe(stored)}; Kafka now gives ${describe(seen)} (${kind})`,
    remedy:
      'run `catalog audit --deep`: records were compacted or deleted before they landed, or two releases judge differently',
  })
}

function describe(claim: Claim): string {
  const files = claim.files.map(({ key, rows }) => `${rows} rows in ${key}`).join(', ') || 'no rows'
  return `${files}, ${claim.dead} dead, ${claim.gaps} gaps`
}
