// One membership in the consumer group, from connecting to leaving: each assigned partition gets a writer, and each
// revoked one lands what it has in memory before it is given back.
import { datasetKey } from '@ticklake/contract/keys.ts'
import { RecordLookup } from '@ticklake/kafka/record-lookup.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { flushAfter } from '../batching/flush-pace.ts'
import { semaphore } from '../batching/semaphore.ts'
import type { LandingTarget } from '../claims/claim-builder.ts'
import { datasetGuard, openDataset } from '../claims/dataset.ts'
import type { LandingPort } from '../claims/landing.ts'
import { PartitionWriter } from '../claims/partition-writer.ts'
import { TruncationGuard } from '../claims/truncation-guard.ts'
import type { ConsumerConfig } from '../config.ts'
import type { DeadLetterSender } from '../dead-letters/dead-letter-producer.ts'
import { Announcements } from '../dead-letters/pending-dead-letters.ts'
import type { Encoder } from '../encoding/encoder.ts'
import type { ConsumerEvents } from '../events.ts'
import { fatalErrorOf } from '../fatal-s3-error.ts'
import { Aborted, untilDone } from '../retry.ts'
import type { ObjectStore } from '../s3.ts'
import { batchSource } from './batch-source.ts'
import { clientSource } from './client-source.ts'
import { requireWholeTopic } from './first-start.ts'
import { connectGroup, type GroupClient } from './kafka.ts'
import type { TopicFacts } from './kafka-topic.ts'
import { PollLoop } from './poll-loop.ts'
import type { Batch, RecordSource } from './record-source.ts'
import { startOffset } from './start-offset.ts'
import type { StoredStartPoint } from './start-point.ts'
import { TopicGuard, topicOf } from './topic.ts'

/** How long a revoked partition, or a stop, waits for what is in memory to land. */
const REVOKE_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 6_000
const LAG_EVERY_MS = 2_000

export interface MembershipOptions {
  readonly config: ConsumerConfig
  readonly events: ConsumerEvents
  readonly store: ObjectStore
  readonly encoder: Encoder
  readonly sender: DeadLetterSender
  /** Called when the dataset is open and the client joins the group. */
  readonly onJoining: (target: LandingTarget) => void
  /** Called with each assignment: the group works. */
  readonly onAssigned: () => void
}

/** What the partitions' writers need of this membership. */
interface Landing {
  readonly client: GroupClient
  readonly source: RecordSource
  readonly target: LandingTarget
  readonly port: LandingPort
  readonly guard: TopicGuard
  readonly confirmDataset: () => Promise<void>
  readonly lookup: RecordLookup
  readonly truncation: TruncationGuard
  /** Where partitions without claims start; undefined: at offset 0. */
  readonly startPoint: StoredStartPoint | undefined
}

export class Membership {
  readonly #options: MembershipOptions
  readonly #writers = new Map<number, PartitionWriter>()
  readonly #running = new Map<PartitionWriter, Promise<void>>()
  /** Assignments and revocations, one after the other. */
  #changes: Promise<void> = Promise.resolve()
  #progress = Promise.withResolvers<void>()
  readonly #failure = new AbortController()
  #loop: PollLoop | undefined
  #isStopping = false
  readonly #startedAtMs: number

  /** @param startedAtMs when the process began to land, by performance.now() */
  constructor(options: MembershipOptions, startedAtMs: number) {
    this.#options = options
    this.#startedAtMs = startedAtMs
  }

  /** How long nothing was asked of Kafka; undefined while it has not joined. */
  get idleMs(): number | undefined {
    return this.#loop?.idleMs
  }

  /**
   * Lands the topic until the signal aborts; then lands what is in memory, and leaves the group.
   * @throws Failure KAFKA_GROUP_FAILED when this client cannot go on but another one can; any other when only a person
   * can decide what to do; Aborted when the signal aborts before it has joined
   */
  async run(signal: AbortSignal): Promise<void> {
    const { config, events } = this.#options
    const sinceMs = performance.now()
    let landing: Landing | undefined
    const client = await connectGroup(
      config.kafka,
      config.groupId,
      {
        onAssign: (partitions) => this.#enqueue(() => this.#assign(landing!, partitions)),
        onRevoke: (partitions, lost) => this.#enqueue(() => this.#revoke(landing!.source, partitions, lost)),
        onFatal: (error) => this.#fail(error),
        onMessage: (text) => events.brokerMessage(text),
        onBrokerAway: (why) => {
          events.brokerAway(why)
          this.#connectionLost()
        },
        onBrokerBack: () => events.brokerBack(),
      },
      signal,
      config.reader === 'client' ? 'read' : 'paused',
    )
    try {
      const topic = await topicOf(client, config.kafka, signal, sinceMs)
      const { announcements, ...open } = await this.#open(client, topic, signal)
      landing = open
      await this.#poll(landing, announcements, signal)
    } finally {
      // What is in memory may have to be compared before it lands.
      await this.#leave(client, landing?.source).finally(() => landing?.lookup[Symbol.dispose]())
    }
  }

  async #open(
    client: GroupClient,
    { topicId, partitions }: TopicFacts,
    signal: AbortSignal,
  ): Promise<Landing & { announcements: Announcements }> {
    const { config, events, store, encoder } = this.#options
    const { kafka, lake, from } = config
    const target: LandingTarget = {
      lake,
      format: lake.format,
      topic: kafka.KAFKA_TOPIC,
      topicId,
      aliases: kafka.KAFKA_TICK_ALIASES === 'on',
    }
    const announcements = new Announcements({
      target,
      store,
      sender: this.#options.sender,
      events,
      isAssigned: (partition) => this.#writers.has(partition),
    })
    const refused = (error: unknown) => {
      throw fatalErrorOf(error, lake.bucket)
    }
    if (from === undefined && config.onRetentionLoss === 'stop') {
      await requireWholeTopic(partitions, {
        isNew: async () => {
          const read = () => store.text(datasetKey(lake)).catch(refused)
          return (await untilDone('read_dataset', events, signal, read)) === undefined
        },
        watermarks: (partition) =>
          untilDone('query_watermarks', events, signal, () => client.watermarks(partition)),
      })
    }
    const startPoint = await untilDone('open_dataset', events, signal, () =>
      openDataset(store, target, from, events.datasetRaised).catch(refused),
    )
    const lookup = new RecordLookup(kafka, topicId, 'ticklake-consumer')
    return {
      client,
      lookup,
      truncation: new TruncationGuard({
        store,
        target,
        events,
        find: (partition, offset) => lookup.find(partition, offset),
        epochEnd: (partition, leaderEpoch) => lookup.epochEnd(partition, leaderEpoch),
      }),
      source:
        config.reader === 'client'
          ? clientSource(client)
          : batchSource({
              config: kafka,
              topicId,
              client,
              onRetry: (why) => {
                events.brokerMessage(why)
                this.#connectionLost()
              },
              onAnswer: events.brokerBack,
            }),
      target,
      port: { store, encoder, announcements, uploadLimit: semaphore(config.uploads) },
      guard: new TopicGuard(client, target),
      confirmDataset: datasetGuard(store, target, events.datasetRaised),
      startPoint,
      announcements,
    }
  }

  async #poll(landing: Landing, announcements: Announcements, signal: AbortSignal): Promise<void> {
    const { client, source, guard, target } = landing
    this.#options.onJoining(target)
    client.subscribe()
    this.#loop = new PollLoop({
      poll: () => source.poll(),
      take: (batch) => this.#take(batch),
      isFull: () => this.#isMemoryFull(),
      relieve: () => this.#relieve(),
      signal: AbortSignal.any([signal, this.#failure.signal]),
    })
    const stopWatchingTopic = guard.watch((error) => this.#fail(error))
    const stopWatchingProgress = source.watch((error) => this.#fail(error))
    const stopAnnouncing = announcements.watch()
    const lagTimer = setInterval(() => this.#measureLag(source), LAG_EVERY_MS)
    try {
      await this.#loop.run()
      this.#failure.signal.throwIfAborted()
    } catch (error) {
      this.#fail(error)
      throw await guard.explain(error)
    } finally {
      clearInterval(lagTimer)
      stopAnnouncing()
      stopWatchingProgress()
      stopWatchingTopic()
    }
  }

  #connectionLost(): void {
    for (const writer of this.#writers.values()) writer.connectionLost()
  }

  #fail(error: unknown): void {
    this.#failure.abort(error)
  }

  #take({ count, deliver }: Batch): void {
    const { events } = this.#options
    if (count > 0) events.recordsReceived(count)
    deliver((partition) => this.#writers.get(partition)?.sink)
    events.buffered(this.#heldBytes())
  }

  #heldBytes(): number {
    let held = 0
    for (const writer of this.#running.keys()) held += writer.heldBytes
    return held
  }

  #isMemoryFull(): boolean {
    return this.#heldBytes() >= this.#options.config.bufferBytes
  }

  /** Waits until S3 has taken some. A writer that needs more records to finish a claim must not be starved. */
  async #relieve(): Promise<boolean> {
    const isBusy = () => [...this.#running.keys()].some((writer) => writer.isBusy)
    // While others are written they free memory; sealed now, the batches would have few records each.
    if (!isBusy()) for (const writer of this.#writers.values()) writer.pending.seal()
    if (!isBusy()) return false
    this.#progress = Promise.withResolvers()
    await Promise.race([this.#progress.promise, sleep(500)])
    return true
  }

  #enqueue(change: () => Promise<void>): void {
    this.#changes = this.#changes.then(change).catch((error) => {
      if (!(error instanceof Aborted)) this.#fail(error)
    })
  }

  async #assign(landing: Landing, partitions: number[]): Promise<void> {
    if (this.#isStopping) return landing.source.unassign(partitions)
    const { config, events } = this.#options
    const { client, source, startPoint } = landing
    const starts = await Promise.all(
      partitions.map(async (partition) => {
        const writer = this.#newWriter(landing, partition)
        this.#writers.set(partition, writer)
        const offset = await startOffset(writer, partition, client, config, events, startPoint)
        return { partition, offset: offset - writer.shift, writer }
      }),
    )
    await this.#loop!.atNextCall(() => {
      if (this.#isStopping) return source.unassign(partitions)
      source.assign(starts)
      for (const { writer } of starts) this.#start(writer)
      landing.port.announcements.assigned()
    })
    events.assigned(
      starts.map(({ partition, offset }) => ({ partition, from: offset })),
      this.#writers.size,
    )
    this.#options.onAssigned()
  }

  #newWriter(
    { client, target, port, guard, confirmDataset, truncation }: Landing,
    partition: number,
  ): PartitionWriter {
    const { config, events } = this.#options
    return new PartitionWriter({
      target,
      partition,
      landing: port,
      events,
      flushAfterMs: () => flushAfter(config.pace, performance.now() - this.#startedAtMs),
      flushBytes: config.flushBytes,
      flushRows: config.flushRows,
      confirmTopic: () => guard.confirm(),
      confirmDataset,
      truncation,
      onTruncation: config.onTruncation,
      commit: (offset) => client.commit(partition, offset),
      onProgress: () => {
        events.buffered(this.#heldBytes())
        this.#progress.resolve()
      },
    })
  }

  #start(writer: PartitionWriter): void {
    const run = writer.run().catch((error) => this.#fail(error))
    this.#running.set(writer, run)
    void run.finally(() => this.#running.delete(writer))
  }

  async #revoke(source: RecordSource, partitions: number[], lost: boolean): Promise<void> {
    const leaving = partitions.flatMap((partition) => this.#writers.get(partition) ?? [])
    for (const partition of partitions) this.#writers.delete(partition)
    await this.#finish(leaving, lost ? 0 : REVOKE_DEADLINE_MS)
    this.#options.events.revoked(partitions, this.#writers.size, lost ? 'drop' : 'flush')
    if (this.#isStopping) source.unassign(partitions)
    else await this.#loop!.atNextCall(() => source.unassign(partitions))
  }

  /** Lets writers land what they have until the deadline, then aborts them. */
  async #finish(leaving: PartitionWriter[], deadlineMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const writer of leaving) writer.abort()
    }, deadlineMs)
    for (const writer of leaving) writer.drain()
    await Promise.all(leaving.map((writer) => this.#running.get(writer)))
    clearTimeout(timer)
  }

  async #leave(client: GroupClient, source: RecordSource | undefined): Promise<void> {
    this.#isStopping = true
    const hasFailed = this.#failure.signal.aborted
    await this.#finish([...this.#running.keys()], hasFailed ? 0 : STOP_DEADLINE_MS)
    for (const writer of this.#writers.values()) writer.abort()
    this.#loop?.end()
    await source?.close()
    await client.disconnect()
    const partitions = [...this.#writers.keys()]
    this.#writers.clear()
    if (partitions.length > 0) this.#options.events.revoked(partitions, 0, hasFailed ? 'drop' : 'flush')
  }

  #measureLag(source: RecordSource): void {
    for (const [partition, writer] of this.#writers) {
      const end = source.highWatermark(partition)
      if (end !== undefined)
        this.#options.events.lagMeasured(partition, Math.max(0, end + writer.shift - writer.landedOffset))
    }
  }
}
