// One membership in the consumer group, from connecting to leaving: each assigned partition gets a writer, and each
// revoked one lands its records in memory before it is given back.
import { ChainTails } from '@ticklake/lake/chain-tail.ts'
import type { LandingTarget } from '../claims/claim-builder.ts'
import { Aborted, untilDone } from '../retry.ts'
import { connectGroup, type GroupClient } from './kafka.ts'
import { type ConsumerParts, type Landing, setUpLanding } from './landing-setup.ts'
import { PartitionWriters } from './partition-writers.ts'
import { PollLoop } from './poll-loop.ts'
import type { RecordSource } from './record-source.ts'
import { startOffset } from './start-offset.ts'
import { topicOf } from './topic.ts'
import type { TopicEnd } from './topic-end.ts'

/** How long a revocation or a stop waits for records in memory to land. */
const REVOKE_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 6_000
const LAG_EVERY_MS = 2_000

export interface MembershipOptions extends ConsumerParts {
  /** Called when the dataset is open and the client joins the group. */
  readonly onJoining: (target: LandingTarget) => void
  /** Called with each assignment: the group works. */
  readonly onAssigned: () => void
  /** Set if landing ends at the topic's end. */
  readonly end?: TopicEnd | undefined
}

export class Membership {
  readonly #options: MembershipOptions
  readonly #writers: PartitionWriters
  /** Assignments and revocations, one at a time. */
  #changes: Promise<void> = Promise.resolve()
  readonly #failure = new AbortController()
  #loop: PollLoop | undefined
  #isStopping = false

  /** @param startedAtMs when the process began to land, by performance.now() */
  constructor(options: MembershipOptions, startedAtMs: number) {
    this.#options = options
    const { config, events } = options
    this.#writers = new PartitionWriters({
      config,
      events,
      startedAtMs,
      onFailure: (error) => this.#fail(error),
    })
  }

  /** How long ago Kafka was last polled; undefined before it has joined. */
  get idleMs(): number | undefined {
    return this.#loop?.idleMs
  }

  /**
   * Lands the topic until the signal aborts; then lands the records in memory, and leaves the group.
   * @throws Failure KAFKA_GROUP_FAILED when this client cannot continue but another one can; any other when only a
   * person can decide what to do; Aborted when the signal aborts before it has joined
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
          this.#writers.connectionLost()
        },
        onBrokerBack: () => events.brokerBack(),
      },
      signal,
      config.reader === 'client' ? 'read' : 'paused',
    )
    try {
      const topic = await topicOf(client, config.kafka, signal, sinceMs)
      const setup = {
        ...this.#options,
        isAssigned: (partition: number) => this.#writers.isAssigned(partition),
        onConnectionLost: () => this.#writers.connectionLost(),
      }
      landing = await setUpLanding(setup, client, topic, signal)
      await this.#poll(landing, topic.partitions, signal)
    } finally {
      // Records in memory may have to be compared before they land.
      await this.#leave(client, landing?.source).finally(() => landing?.lookup[Symbol.dispose]())
    }
  }

  async #poll(landing: Landing, partitions: number, signal: AbortSignal): Promise<void> {
    const { client, source, guard, target, announcements } = landing
    this.#options.onJoining(target)
    client.subscribe()
    this.#loop = new PollLoop({
      poll: () => source.poll(),
      take: (batch) => this.#writers.take(batch),
      isFull: () => this.#writers.isMemoryFull,
      relieve: () => this.#writers.relieve(),
      signal: AbortSignal.any([signal, this.#failure.signal]),
    })
    const stopWatchingTopic = guard.watch((error) => this.#fail(error))
    const stopWatchingProgress = source.watch((error) => this.#fail(error))
    const stopAnnouncing = announcements.watch()
    const stopAwaitingEnd = this.#awaitEnd(landing, partitions)
    const lagTimer = setInterval(() => this.#writers.measureLag(source), LAG_EVERY_MS)
    try {
      await this.#loop.run()
      this.#failure.signal.throwIfAborted()
    } catch (error) {
      this.#fail(error)
      throw await guard.explain(error)
    } finally {
      clearInterval(lagTimer)
      stopAwaitingEnd()
      stopAnnouncing()
      stopWatchingProgress()
      stopWatchingTopic()
    }
  }

  /** @returns stops waiting */
  #awaitEnd({ client, target, port }: Landing, partitions: number): () => void {
    const { end, events } = this.#options
    if (!end) return () => {}
    const tails = new ChainTails(port.store, target.lake)
    const stopping = new AbortController()
    const ask = <T>(attempt: string, question: () => Promise<T>) =>
      untilDone(attempt, events, stopping.signal, question)
    const facts = {
      writerOf: (partition: number) => this.#writers.writerOf(partition),
      endOffset: async (partition: number) =>
        (await ask('query_watermarks', () => client.watermarks(partition))).high,
      chainEnd: async (partition: number) =>
        (await ask('find_tail', () => tails.read(target.topicId, [partition])))[0]!,
    }
    end.wait(partitions, facts, stopping.signal).catch((error) => {
      if (!(error instanceof Aborted)) this.#fail(error)
    })
    return () => stopping.abort()
  }

  #fail(error: unknown): void {
    this.#failure.abort(error)
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
        const writer = this.#writers.add(landing, partition)
        const offset = await startOffset(writer, partition, client, config, events, startPoint)
        return { partition, offset: offset - writer.shift, writer }
      }),
    )
    await this.#loop!.atNextCall(() => {
      if (this.#isStopping) return source.unassign(partitions)
      source.assign(starts)
      for (const { writer } of starts) this.#writers.start(writer)
      landing.port.announcements.assigned()
    })
    events.assigned(
      starts.map(({ partition, offset }) => ({ partition, from: offset })),
      this.#writers.count,
    )
    this.#options.onAssigned()
  }

  async #revoke(source: RecordSource, partitions: number[], lost: boolean): Promise<void> {
    await this.#writers.finish(this.#writers.remove(partitions), lost ? 0 : REVOKE_DEADLINE_MS)
    this.#options.events.revoked(partitions, this.#writers.count, lost ? 'drop' : 'flush')
    if (this.#isStopping) source.unassign(partitions)
    else await this.#loop!.atNextCall(() => source.unassign(partitions))
  }

  async #leave(client: GroupClient, source: RecordSource | undefined): Promise<void> {
    this.#isStopping = true
    const hasFailed = this.#failure.signal.aborted
    await this.#writers.finishAll(hasFailed ? 0 : STOP_DEADLINE_MS)
    this.#writers.abortAll()
    this.#loop?.end()
    await source?.close()
    await client.disconnect()
    const partitions = this.#writers.clear()
    if (partitions.length > 0) this.#options.events.revoked(partitions, 0, hasFailed ? 'drop' : 'flush')
  }
}
