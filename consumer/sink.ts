// Lands the topic: one membership in the consumer group after another, each until its client fails for good.
import { s3Client } from '@ticklake/aws/config.ts'
import { codeOf, Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { ConsumerConfig } from './config.ts'
import { deadLetterProducer } from './dead-letters/dead-letter-producer.ts'
import { startEncoder } from './encoding/encoder.ts'
import type { ConsumerEvents } from './events.ts'
import { Membership } from './group/membership.ts'
import { TopicEnd } from './group/topic-end.ts'
import { Aborted, backOffMs } from './retry.ts'
import { s3Store } from './s3.ts'

/** How long one iteration of the poll loop may take before the process counts as stalled. */
const STUCK_AFTER_MS = 120_000
/** After this many clients in a row that the group refused before an assignment, it will refuse the next one too. */
const REFUSED_CLIENTS = 5
const ATTEMPT = 'join_group'

/** What the health endpoint asks a running sink. */
export interface SinkState {
  whyNotReady(): string | undefined
  whyNotLive(): string | undefined
}

export class Sink implements SinkState {
  readonly #config: ConsumerConfig
  readonly #events: ConsumerEvents
  #membership: Membership | undefined
  #hasStarted = false
  /** Clients that the group has refused since the last assignment. */
  #refusedClients = 0

  constructor(config: ConsumerConfig, events: ConsumerEvents) {
    this.#config = config
    this.#events = events
  }

  whyNotReady(): string | undefined {
    const failing = this.#events.isFailing()
    if (this.#membership?.idleMs === undefined) return 'not yet in the consumer group'
    return failing.length > 0 ? `failing: ${failing.join(', ')}` : undefined
  }

  whyNotLive(): string | undefined {
    const idleMs = this.#membership?.idleMs ?? 0
    return idleMs > STUCK_AFTER_MS ? `Kafka was not polled for ${idleMs} ms` : undefined
  }

  /**
   * Lands the topic until the signal aborts, or until its end if that is configured; then lands the records in memory,
   * and leaves the group.
   * @throws Failure when only a person can decide what to do
   */
  async run(stopSignal: AbortSignal): Promise<void> {
    const end = this.#config.untilEnd ? new TopicEnd() : undefined
    const signal = end ? AbortSignal.any([stopSignal, end.reached]) : stopSignal
    const store = s3Store(s3Client(this.#config.lake), this.#config.lake.bucket)
    await using encoder = startEncoder()
    await using sender = deadLetterProducer(this.#config.kafka)
    const options = {
      config: this.#config,
      events: this.#events,
      store,
      encoder,
      sender,
      end,
      onJoining: (target: object) => this.#start(target),
      onAssigned: () => {
        this.#refusedClients = 0
        this.#events.attemptSucceeded(ATTEMPT)
      },
    }
    const startedAtMs = performance.now()
    try {
      do {
        this.#membership = new Membership(options, startedAtMs)
      } while (!(await this.#isOver(this.#membership, signal)))
    } catch (error) {
      if (!(error instanceof Aborted)) throw error
    }
    if (end?.reached.aborted) this.#events.endReached()
    this.#events.stopped()
  }

  /** @returns false if the next client takes over: a fatal error of librdkafka ends the client, not the consumer */
  async #isOver(membership: Membership, signal: AbortSignal): Promise<boolean> {
    try {
      await membership.run(signal)
      return true
    } catch (error) {
      const canGoOn = this.#canGoOn(error)
      if (signal.aborted) return true
      if (!canGoOn) throw error
      this.#events.attemptFailed(ATTEMPT, error)
      await sleep(backOffMs(this.#refusedClients + 2), signal)
      return signal.aborted
    }
  }

  #canGoOn(error: unknown): boolean {
    switch (codeOf(error)) {
      case 'KAFKA_GROUP_FAILED':
      // Kafka has deleted or lost what was to be read next: recovery knows whether any of it has landed.
      case 'OFFSET_OUT_OF_RANGE':
        return ++this.#refusedClients < REFUSED_CLIENTS
      case 'KAFKA_UNREACHABLE':
        return this.#hasStarted
      case 'TOPIC_TRUNCATED':
        return error instanceof Failure && error.retryable === true
      default:
        return false
    }
  }

  #start(target: object): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#events.started({ ...target, bucket: this.#config.lake.bucket, groupId: this.#config.groupId })
  }
}
