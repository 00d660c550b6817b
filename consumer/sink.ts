import { s3Client } from '@ticklake/aws/config.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { flushAfter } from './batching/flush-pace.ts'
import { semaphore } from './batching/semaphore.ts'
import type { LandingTarget } from './claims/claim-builder.ts'
import { datasetGuard, openDataset } from './claims/dataset.ts'
import type { LandingPort } from './claims/landing.ts'
import { PartitionWriter } from './claims/partition-writer.ts'
import type { ConsumerConfig } from './config.ts'
import { deadLetterProducer } from './dead-letters/dead-letter-producer.ts'
import { Announcements } from './dead-letters/pending-dead-letters.ts'
import { startEncoder } from './encoding/encoder.ts'
import type { ConsumerEvents } from './events.ts'
import { refusalOf } from './fatal-s3-error.ts'
import { type Batch, connectGroup, type GroupClient } from './group/kafka.ts'
import { startOffset } from './group/start-offset.ts'
import type { SettledBeginning } from './group/start-point.ts'
import { TopicGuard, topicOf } from './group/topic.ts'
import { Aborted, untilDone } from './retry.ts'
import { s3Store } from './s3.ts'

/** How long a revoked partition, or a stop, waits for what was gathered to land. */
const REVOKE_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 6_000
const LAG_EVERY_MS = 2_000

/** What the health endpoint asks of a running sink. */
export interface SinkState {
  whyNotReady(): string | undefined
  whyNotLive(): string | undefined
}

/** Longest that one turn of the loop may take before the process counts as stuck. */
const STUCK_AFTER_MS = 120_000

export class Sink implements SinkState {
  readonly #config: ConsumerConfig
  readonly #events: ConsumerEvents
  readonly #writers = new Map<number, PartitionWriter>()
  readonly #running = new Map<PartitionWriter, Promise<void>>()
  /** Assignments and revocations, one after the other. */
  #changes: Promise<void> = Promise.resolve()
  /** Done between two calls of consume(), so that no batch spans a change of assignment. */
  #betweenCalls: (() => void)[] = []
  #progress = Promise.withResolvers<void>()
  #fatal = Promise.withResolvers<never>()
  #failed: unknown
  /** Where partitions without claims begin; undefined: at offset 0. */
  #beginning: SettledBeginning | undefined
  #joined = false
  #stopping = false
  /** Whether consume() is not called any more. */
  #callsEnded = false
  #turnedAt = performance.now()
  readonly #startedAt = performance.now()

  constructor(config: ConsumerConfig, events: ConsumerEvents) {
    this.#config = config
    this.#events = events
    this.#fatal.promise.catch((error) => {
      this.#failed = error
    })
  }

  whyNotReady(): string | undefined {
    const failing = this.#events.isFailing()
    if (!this.#joined) return 'not yet in the consumer group'
    return failing.length > 0 ? `failing: ${failing.join(', ')}` : undefined
  }

  whyNotLive(): string | undefined {
    const idleMs = Math.round(performance.now() - this.#turnedAt)
    return this.#joined && idleMs > STUCK_AFTER_MS ? `nothing was asked of Kafka for ${idleMs} ms` : undefined
  }

  /**
   * Lands the topic until the signal aborts; then lands what was gathered, and leaves the group.
   * @throws Failure when only a person can decide what to do
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#land(signal)
    } catch (error) {
      if (!(error instanceof Aborted)) throw error
    }
    this.#events.stopped()
  }

  async #land(signal: AbortSignal): Promise<void> {
    const { kafka, lake } = this.#config
    const store = s3Store(s3Client(lake), lake.bucket)
    await using encoder = startEncoder()
    await using sender = deadLetterProducer(kafka)
    const client = await connectGroup(
      kafka,
      this.#config.groupId,
      {
        onAssign: (partitions) =>
          this.#enqueue(() => this.#assign(client, target, landing, guard, confirmDataset, partitions)),
        onRevoke: (partitions, lost) => this.#enqueue(() => this.#revoke(client, partitions, lost)),
        onFatal: (error) => this.#fatal.reject(error),
        onMessage: (text) => this.#events.brokerMessage(text),
        onBrokerAway: (why) => this.#events.brokerAway(why),
        onBrokerBack: () => this.#events.brokerBack(),
      },
      signal,
    )
    let target: LandingTarget
    let landing: LandingPort
    let guard: TopicGuard
    let confirmDataset: () => Promise<void>
    try {
      const topic = await topicOf(client, kafka, signal)
      target = { lake, format: lake.format, topic: kafka.KAFKA_TOPIC, topicId: topic.topicId }
      guard = new TopicGuard(client, target)
      const announcements = new Announcements({
        target,
        store,
        sender,
        events: this.#events,
        isAssigned: (partition) => this.#writers.has(partition),
      })
      landing = {
        store,
        encoder,
        announcements,
        uploadLimit: semaphore(this.#config.uploads),
      }
      confirmDataset = datasetGuard(store, target, this.#events.datasetRaised)
      this.#beginning = await untilDone('open_dataset', this.#events, signal, () =>
        openDataset(store, target, this.#config.from, this.#events.datasetRaised).catch((error) => {
          throw refusalOf(error, lake.bucket)
        }),
      )
      this.#events.started({ ...target, bucket: lake.bucket, groupId: this.#config.groupId })
      client.subscribe()
      this.#joined = true
      const stopWatching = guard.watch((error) => this.#fatal.reject(error))
      const stopLooking = client.watchPositions((error) => this.#fatal.reject(error))
      const stopAnnouncing = announcements.watch()
      const lagTimer = setInterval(() => this.#measureLag(client), LAG_EVERY_MS)
      try {
        await this.#consume(client, signal)
      } catch (error) {
        throw await guard.explain(error)
      } finally {
        clearInterval(lagTimer)
        stopAnnouncing()
        stopLooking()
        stopWatching()
      }
    } finally {
      await this.#stop(client)
    }
  }

  /** The loop: one call to Kafka is always under way while the batch before it is handled. */
  async #consume(client: GroupClient, signal: AbortSignal): Promise<void> {
    let next = client.consume()
    for (;;) {
      const batch = await next
      this.#turnedAt = performance.now()
      const last = signal.aborted || this.#failed !== undefined
      if (last || this.#betweenCalls.length > 0 || this.#memoryIsFull()) {
        this.#take(batch)
        this.#changeNow()
        if (this.#failed !== undefined) throw this.#failed
        if (last) return
        await this.#room(signal)
        next = client.consume()
      } else {
        next = client.consume()
        this.#take(batch)
      }
    }
  }

  #take({ messages, ends }: Batch): void {
    if (messages.length === 0 && ends.length === 0) return
    this.#events.recordsReceived(messages.length)
    for (const message of messages) this.#writers.get(message.partition)?.pending.push(message)
    for (const { partition, offset } of ends) this.#writers.get(partition)?.pending.reachedEnd(offset)
    this.#events.buffered(this.#heldBytes())
  }

  #heldBytes(): number {
    let held = 0
    for (const writer of this.#running.keys()) held += writer.heldBytes
    return held
  }

  #memoryIsFull(): boolean {
    return this.#heldBytes() >= this.#config.bufferBytes
  }

  /** Waits until S3 has taken some. A writer that needs more records to finish a claim must not be starved. */
  async #room(signal: AbortSignal): Promise<void> {
    while (this.#memoryIsFull() && !signal.aborted && this.#failed === undefined) {
      for (const writer of this.#writers.values()) writer.pending.seal()
      if (![...this.#running.keys()].some((writer) => writer.isBusy)) return
      this.#progress = Promise.withResolvers()
      await Promise.race([this.#progress.promise, sleep(500)])
      this.#turnedAt = performance.now()
      // No call is under way, and a partition that goes elsewhere must not wait for the memory of others.
      this.#changeNow()
    }
  }

  /** What may only be done while no call to Kafka is under way. */
  #changeNow(): void {
    for (const change of this.#betweenCalls.splice(0)) change()
  }

  #enqueue(change: () => Promise<void>): void {
    this.#changes = this.#changes.then(change).catch((error) => {
      if (!(error instanceof Aborted)) this.#fatal.reject(error)
    })
  }

  async #assign(
    client: GroupClient,
    target: LandingTarget,
    landing: LandingPort,
    guard: TopicGuard,
    confirmDataset: () => Promise<void>,
    partitions: number[],
  ): Promise<void> {
    if (this.#stopping) return
    const starts = await Promise.all(
      partitions.map(async (partition) => {
        const writer = new PartitionWriter({
          target,
          partition,
          landing,
          events: this.#events,
          flushAfterMs: () => flushAfter(this.#config.pace, performance.now() - this.#startedAt),
          flushBytes: this.#config.flushBytes,
          flushRows: this.#config.flushRows,
          confirmTopic: () => guard.confirm(),
          confirmDataset,
          commit: (offset) => client.commit(partition, offset),
          onProgress: () => {
            this.#events.buffered(this.#heldBytes())
            this.#progress.resolve()
          },
        })
        this.#writers.set(partition, writer)
        const offset = await startOffset(
          writer,
          partition,
          client,
          this.#config,
          this.#events,
          this.#beginning,
        )
        return { partition, offset, writer }
      }),
    )
    await this.#atNextCall(() => {
      if (this.#stopping) return
      client.assign(starts)
      for (const { writer } of starts) this.#start(writer)
      landing.announcements.assigned()
    })
    this.#events.assigned(
      starts.map(({ partition, offset }) => ({ partition, from: offset })),
      this.#writers.size,
    )
  }

  #start(writer: PartitionWriter): void {
    const run = writer.run().catch((error) => this.#fatal.reject(error))
    this.#running.set(writer, run)
    void run.finally(() => this.#running.delete(writer))
  }

  async #revoke(client: GroupClient, partitions: number[], lost: boolean): Promise<void> {
    const leaving = partitions.flatMap((partition) => this.#writers.get(partition) ?? [])
    for (const partition of partitions) this.#writers.delete(partition)
    await this.#finish(leaving, lost ? 0 : REVOKE_DEADLINE_MS)
    this.#events.revoked(partitions, this.#writers.size, lost ? 'drop' : 'flush')
    if (this.#stopping) client.unassign(partitions)
    else await this.#atNextCall(() => client.unassign(partitions))
  }

  /** Lets writers land what they have until the deadline, then makes them let go. */
  async #finish(leaving: PartitionWriter[], deadlineMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const writer of leaving) writer.abort()
    }, deadlineMs)
    for (const writer of leaving) writer.drain()
    await Promise.all(leaving.map((writer) => this.#running.get(writer)))
    clearTimeout(timer)
  }

  async #atNextCall(change: () => void): Promise<void> {
    // No call follows: whoever waited for one would keep the client from leaving the group.
    if (this.#callsEnded) return change()
    await new Promise<void>((resolve, reject) => {
      this.#betweenCalls.push(() => {
        try {
          change()
          resolve()
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  async #stop(client: GroupClient): Promise<void> {
    this.#stopping = true
    await this.#finish([...this.#running.keys()], this.#failed === undefined ? STOP_DEADLINE_MS : 0)
    for (const writer of this.#writers.values()) writer.abort()
    this.#callsEnded = true
    this.#changeNow()
    await client.disconnect()
  }

  #measureLag(client: GroupClient): void {
    for (const [partition, writer] of this.#writers) {
      const end = client.knownEnd(partition)
      if (end !== undefined) this.#events.lagMeasured(partition, Math.max(0, end - writer.landedOffset))
    }
  }
}
