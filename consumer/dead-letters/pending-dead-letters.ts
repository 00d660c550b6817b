// Notices that the dead-letter topic does not take now: written down in the bucket, and sent when it takes them again.
import type { Claim } from '@ticklake/contract/claim.ts'
import {
  deadKey,
  noticeKey,
  noticesPrefix,
  type OffsetRange,
  parseNoticeKey,
} from '@ticklake/contract/keys.ts'
import { allLetters } from '@ticklake/lake/dead-files.ts'
import { codeOf, Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { RefusedRecord } from '../batching/record-buffer.ts'
import type { Plan } from '../claims/claim-builder.ts'
import type { ConsumerEvents } from '../events.ts'
import { LetGo, orLetGo } from '../retry.ts'
import type { ObjectStore } from '../s3.ts'
import { type Notices, noticeOf, noticeOfLetter } from './dead-letter-producer.ts'

/** How the attempt is called in logs, metrics and /readyz. */
const ATTEMPT = 'notify_dead_letters'
/** How long a notice that fails without a clear refusal holds its range up. */
const FOLLOWS_AFTER_MS = 20_000
const RETRY_AFTER_MS = 500
/** How often notices that follow are tried. */
const LOOK_EVERY_MS = 10_000

export interface FollowingNoticesOptions {
  readonly plan: Plan
  readonly store: Pick<ObjectStore, 'putIfAbsent' | 'list' | 'text'>
  readonly notices: Pick<Notices, 'send'>
  readonly events: ConsumerEvents
  /** Whether the partition is this consumer's: each sends the notices of its own. */
  readonly isAssigned: (partition: number) => boolean
  readonly followsAfterMs?: number
  readonly retryAfterMs?: number
}

/**
 * Tells the dead-letter topic of refused records, and keeps a range from waiting for a topic that is gone, closed to
 * this user, or unfit. At least once: who stops between a notice and the word that it was sent sends it again.
 */
export class FollowingNotices {
  readonly #options: FollowingNoticesOptions
  /** Whether the last attempt failed for good or for long: new notices follow without an attempt of their own. */
  #isClosed = false
  /** Whether the bucket may have notices that were not seen yet. */
  #mustLook = true
  #isLooking = false
  #isStopping = false

  constructor(options: FollowingNoticesOptions) {
    this.#options = options
  }

  /**
   * Tells of the refused records of a claim.
   * @returns whether the broker has acknowledged all of it; else defer() comes next
   * @throws LetGo
   */
  async tell(claim: Claim, refused: readonly RefusedRecord[], signal: AbortSignal): Promise<boolean> {
    const {
      notices,
      events,
      followsAfterMs = FOLLOWS_AFTER_MS,
      retryAfterMs = RETRY_AFTER_MS,
    } = this.#options
    const giveUpAt = performance.now() + followsAfterMs
    while (!this.#isClosed) {
      if (signal.aborted) throw new LetGo()
      try {
        await orLetGo(notices.send(refused.map((record) => noticeOf(claim, record))), signal)
        events.attemptSucceeded(ATTEMPT)
        return true
      } catch (error) {
        if (error instanceof LetGo || signal.aborted) throw new LetGo()
        events.attemptFailed(ATTEMPT, error)
        if (isRefused(error) || performance.now() >= giveUpAt) this.#isClosed = true
        else await sleep(retryAfterMs, signal)
      }
    }
    return false
  }

  /** Writes down that the notice of this claim follows. Throws the SDK's error when S3 does not answer. */
  async defer(claim: Claim, signal?: AbortSignal): Promise<void> {
    const { plan, store } = this.#options
    this.#mustLook = true
    await mark(store, noticeKey(plan.lake, claim, 'follows'), signal)
  }

  /** Partitions came: their notices may be left from whoever had them before. */
  assigned(): void {
    this.#mustLook = true
  }

  /** Looks every 10 s. @returns stops looking */
  watch(): () => void {
    const timer = setInterval(() => void this.sendWhatFollows(), LOOK_EVERY_MS)
    return () => {
      clearInterval(timer)
      this.#isStopping = true
    }
  }

  /** Sends the notices that follow, oldest first in each partition; what fails is tried at the next look. */
  async sendWhatFollows(): Promise<void> {
    if (this.#isLooking || !this.#mustLook) return
    const { events } = this.#options
    this.#isLooking = true
    this.#mustLook = false
    try {
      const following = await this.#following()
      let left = following.length
      events.noticesFollowing(left)
      let fault: unknown
      let isRefusing = false
      for (const range of following) {
        if (this.#isStopping) return
        try {
          if (await this.#send(range)) events.noticesFollowing(--left)
        } catch (error) {
          // What is wrong with one range keeps no other one waiting; a topic that is away keeps them all.
          if (!isRefused(error)) throw error
          fault ??= error
          isRefusing ||= codeOf(error) !== 'DEAD_FILE_UNREADABLE'
        }
      }
      this.#isClosed = isRefusing
      if (left > 0) this.#mustLook = true
      if (fault !== undefined) events.attemptFailed(ATTEMPT, fault)
      else if (left === 0) events.attemptSucceeded(ATTEMPT)
    } catch (error) {
      this.#mustLook = true
      if (!this.#isStopping) events.attemptFailed(ATTEMPT, error)
    } finally {
      this.#isLooking = false
    }
  }

  /** The claims of this consumer's partitions that the topic is yet to be told of. */
  async #following(): Promise<OffsetRange[]> {
    const { plan, store, isAssigned } = this.#options
    const following = new Map<string, OffsetRange>()
    // A claim's two keys are neighbours: `follows` comes before `told`.
    for await (const { key } of store.list(noticesPrefix(plan.lake, plan.topicId))) {
      const notice = parseNoticeKey(key)
      if (!notice || !isAssigned(notice.range.partition)) continue
      const name = noticeKey(plan.lake, notice.range, 'follows')
      if (notice.state === 'told') following.delete(name)
      else following.set(name, notice.range)
    }
    return [...following.values()]
  }

  /** @returns false where the dead file is not there yet: whoever finishes its claim writes it */
  async #send(range: OffsetRange): Promise<boolean> {
    const { plan, store, notices } = this.#options
    const key = deadKey(plan.lake, range)
    const stored = await store.text(key)
    if (!stored) return false
    await notices.send(allLetters(key, stored.text).map(noticeOfLetter))
    await mark(store, noticeKey(plan.lake, range, 'told'))
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
  const result = await store.putIfAbsent(key, '{"v":1}\n', 'application/json', signal)
  if (result === 'conflict') throw new Error(`another write of ${key} is under way`)
}
