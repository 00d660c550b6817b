// Announces rejected records on the dead-letter topic. Messages that it does not accept are recorded in the bucket as
// pending, and sent when it accepts them again.
import type { Claim } from '@ticklake/contract/claim.ts'
import {
  announcementKey,
  announcementsPrefix,
  deadKey,
  type OffsetRange,
  parseAnnouncementKey,
} from '@ticklake/contract/keys.ts'
import { allDeadLetters } from '@ticklake/lake/dead-files.ts'
import { codeOf, Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { RejectedRecord } from '../batching/record-buffer.ts'
import type { LandingTarget } from '../claims/claim-builder.ts'
import type { ConsumerEvents } from '../events.ts'
import { Aborted, orAborted } from '../retry.ts'
import type { ObjectStore } from '../s3.ts'
import { type DeadLetterSender, messageOf, messageOfDeadLetter } from './dead-letter-producer.ts'

/** The name of the attempt in logs, metrics and /readyz. */
const ATTEMPT = 'notify_dead_letters'
/** How long a message that fails without being clearly refused may delay its claim. */
const PENDING_AFTER_MS = 20_000
const RETRY_AFTER_MS = 500
/** How often pending messages are sent. */
const SEND_EVERY_MS = 10_000

export interface AnnouncementsOptions {
  readonly target: LandingTarget
  readonly store: Pick<ObjectStore, 'putIfAbsent' | 'list' | 'text'>
  readonly sender: Pick<DeadLetterSender, 'send'>
  readonly events: ConsumerEvents
  /** Whether the partition is this consumer's: each sends the messages of its own partitions. */
  readonly isAssigned: (partition: number) => boolean
  readonly pendingAfterMs?: number
  readonly retryAfterMs?: number
}

/**
 * Announces rejected records on the dead-letter topic, without making a claim wait for a topic that is missing,
 * forbidden to this user, or misconfigured. At least once: a consumer that stops after a message, before recording it
 * as sent, sends it again.
 */
export class Announcements {
  readonly #options: AnnouncementsOptions
  /** Whether the last attempt failed permanently or for long: then new messages become pending without an attempt. */
  #isClosed = false
  /** Whether the bucket may have pending messages that were not read yet. */
  #mayHavePending = true
  #isSending = false
  #isStopping = false

  constructor(options: AnnouncementsOptions) {
    this.#options = options
  }

  /**
   * Announces the rejected records of a claim.
   * @returns whether the broker has acknowledged all of them; otherwise call defer() @throws Aborted
   */
  async announce(claim: Claim, rejected: readonly RejectedRecord[], signal: AbortSignal): Promise<boolean> {
    const { sender, events, pendingAfterMs = PENDING_AFTER_MS, retryAfterMs = RETRY_AFTER_MS } = this.#options
    const giveUpAt = performance.now() + pendingAfterMs
    while (!this.#isClosed) {
      if (signal.aborted) throw new Aborted()
      try {
        await orAborted(sender.send(rejected.map((record) => messageOf(claim, record))), signal)
        events.attemptSucceeded(ATTEMPT)
        return true
      } catch (error) {
        if (error instanceof Aborted || signal.aborted) throw new Aborted()
        events.attemptFailed(ATTEMPT, error)
        if (isRefused(error) || performance.now() >= giveUpAt) this.#isClosed = true
        else await sleep(retryAfterMs, signal)
      }
    }
    return false
  }

  /** Records that the announcement of this claim is pending. Throws the SDK's error when S3 does not answer. */
  async defer(claim: Claim, signal?: AbortSignal): Promise<void> {
    const { target, store } = this.#options
    this.#mayHavePending = true
    await mark(store, announcementKey(target.lake, claim, 'follows'), signal)
  }

  /** Partitions were assigned: their previous owner may have left pending messages. */
  assigned(): void {
    this.#mayHavePending = true
  }

  /** Sends pending messages every 10 s. @returns stops that */
  watch(): () => void {
    const timer = setInterval(() => void this.sendPending(), SEND_EVERY_MS)
    return () => {
      clearInterval(timer)
      this.#isStopping = true
    }
  }

  /** Sends the pending messages, oldest first in each partition; failed ones are retried the next time. */
  async sendPending(): Promise<void> {
    if (this.#isSending || !this.#mayHavePending) return
    const { events } = this.#options
    this.#isSending = true
    this.#mayHavePending = false
    try {
      const pending = await this.#pending()
      let left = pending.length
      events.announcementsPending(left)
      let failure: unknown
      let isRefusing = false
      for (const range of pending) {
        if (this.#isStopping) return
        try {
          if (await this.#send(range)) events.announcementsPending(--left)
        } catch (error) {
          // A bad batch delays no other; an unavailable topic delays all.
          if (!isRefused(error)) throw error
          failure ??= error
          isRefusing ||= codeOf(error) !== 'DEAD_FILE_UNREADABLE'
        }
      }
      this.#isClosed = isRefusing
      if (left > 0) this.#mayHavePending = true
      if (failure !== undefined) events.attemptFailed(ATTEMPT, failure)
      else if (left === 0) events.attemptSucceeded(ATTEMPT)
    } catch (error) {
      this.#mayHavePending = true
      if (!this.#isStopping) events.attemptFailed(ATTEMPT, error)
    } finally {
      this.#isSending = false
    }
  }

  /** The claims of this consumer's partitions whose announcement is pending. */
  async #pending(): Promise<OffsetRange[]> {
    const { target, store, isAssigned } = this.#options
    const pending = new Map<string, OffsetRange>()
    // A claim's two keys are adjacent: `follows` comes before `told`.
    for await (const { key } of store.list(announcementsPrefix(target.lake, target.topicId))) {
      const named = parseAnnouncementKey(key)
      if (!named || !isAssigned(named.range.partition)) continue
      const name = announcementKey(target.lake, named.range, 'follows')
      if (named.state === 'told') pending.delete(name)
      else pending.set(name, named.range)
    }
    return [...pending.values()]
  }

  /** @returns false if the dead-letter file does not exist yet: the consumer that finishes its claim writes it */
  async #send(range: OffsetRange): Promise<boolean> {
    const { target, store, sender } = this.#options
    const key = deadKey(target.lake, range)
    const stored = await store.text(key)
    if (!stored) return false
    await sender.send(allDeadLetters(key, stored.text).map(messageOfDeadLetter))
    await mark(store, announcementKey(target.lake, range, 'told'))
    return true
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Failure && !error.retryable
}

async function mark(
  store: Pick<ObjectStore, 'putIfAbsent'>,
  key: string,
  signal?: AbortSignal,
): Promise<void> {
  await store.putIfAbsent(key, '{"v":1}\n', 'application/json', signal)
}
