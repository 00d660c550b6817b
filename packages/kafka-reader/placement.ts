// Which broker each partition is fetched from, and how that is updated when a broker fails or leaders move.
import { nameOf } from './answer.ts'
import type { Cluster } from './cluster.ts'
import { brokerError, KafkaReaderError } from './errors.ts'
import { Leader, type LeaderEvents } from './leader.ts'
import type { Settings } from './options.ts'
import type { PartitionState } from './partition-state.ts'
import { noTopicId } from './protocol/call.ts'
import type { Metadata } from './protocol/metadata.ts'

/** A slow broker may not know a topic yet: it must be unknown this many times in a row, some seconds. */
const MISSING_TIMES = 8
/** How long a nearer replica is used before the leader may name another. */
const REPLICA_FOR_MS = 300_000

export interface PlacementEvents {
  readonly onAnswer: (leader: Leader) => void
  /** The partition ends for the caller. */
  readonly onError: (state: PartitionState, error: KafkaReaderError) => void
  /** Not specific to a partition, and a retry will not help. */
  readonly onFatal: (error: KafkaReaderError) => void
}

export class Placement {
  readonly #cluster: Cluster
  readonly #settings: Settings
  readonly #events: PlacementEvents
  readonly #states = new Set<PartitionState>()
  readonly #leaders = new Map<number, Leader>()
  /** Partitions with an unknown leader. */
  readonly #unplaced = new Set<PartitionState>()
  #refreshing = false
  /** Newer metadata was requested during a refresh. */
  #wanted = false
  #refreshedAt = performance.now()
  /** When the first replica expires. */
  #replicasUntil = Number.POSITIVE_INFINITY
  /** Consecutive attempts without an answer from any broker. */
  #failures = 0

  constructor(cluster: Cluster, settings: Settings, events: PlacementEvents) {
    this.#cluster = cluster
    this.#settings = settings
    this.#events = events
  }

  add(states: readonly PartitionState[], metadata: Metadata): void {
    for (const state of states) {
      this.#states.add(state)
      this.#unplaced.add(state)
    }
    this.#apply(metadata)
  }

  remove(state: PartitionState): void {
    state.ended = true
    this.#states.delete(state)
    this.#unplaced.delete(state)
    this.#leave(state)
  }

  /** Lets every idle broker fetch, and finds leaders for partitions without one. */
  drive(): void {
    if (performance.now() >= this.#replicasUntil) this.#backToLeaders()
    for (const leader of this.#leaders.values()) leader.fetch()
    const old = performance.now() - this.#refreshedAt > this.#settings.metadataMaxAgeMs
    if (this.#unplaced.size > 0 || (old && this.#states.size > 0)) this.#refresh()
  }

  /** Fetching failed for a reason that another broker, or time, can fix. */
  retry(state: PartitionState, error: KafkaReaderError): void {
    if (state.ended) return
    state.failures++
    state.replica = -1
    this.#leave(state)
    this.#unplaced.add(state)
    this.#settings.onRetry(error)
    this.#refresh()
  }

  /** The leader has named a replica to fetch from instead. */
  readFrom(state: PartitionState, nodeId: number): void {
    this.#leave(state)
    state.replica = nodeId
    state.replicaUntil = performance.now() + REPLICA_FOR_MS
    this.#replicasUntil = Math.min(this.#replicasUntil, state.replicaUntil)
    this.#leader(nodeId).add(state)
  }

  close(): void {
    for (const leader of this.#leaders.values()) leader.disconnect()
  }

  readonly #leaderEvents: LeaderEvents = {
    onAnswer: (leader) => this.#events.onAnswer(leader),
    onLost: (leader, error) => {
      // A dropped one was disconnected on purpose.
      if (this.#cluster.closed.aborted || this.#leaders.get(leader.nodeId) !== leader) return
      const failure = asFailure(error)
      if (!failure.canRetry) this.#events.onFatal(failure)
      for (const state of [...leader.partitions]) this.retry(state, failure)
    },
    onSilence: () => this.#refresh(),
  }

  #refresh(): void {
    this.#wanted = true
    if (this.#refreshing || this.#cluster.closed.aborted) return
    this.#refreshing = true
    this.#refreshUntilPlaced().then(
      () => {
        this.#refreshing = false
      },
      (error) => {
        this.#refreshing = false
        if (!this.#cluster.closed.aborted) throw error
      },
    )
  }

  async #refreshUntilPlaced(): Promise<void> {
    while (this.#wanted && this.#states.size > 0) {
      const delay = this.#delayMs()
      if (delay > 0) await this.#cluster.pause(delay)
      this.#wanted = false
      try {
        const metadata = await this.#cluster.metadata([
          ...new Set([...this.#states].map(({ topic }) => topic)),
        ])
        this.#failures = 0
        this.#refreshedAt = performance.now()
        this.#apply(metadata)
      } catch (error) {
        if (this.#cluster.closed.aborted) return
        const failure = asFailure(error)
        this.#failures++
        // The caller's next call retries.
        if (!failure.canRetry) return this.#events.onFatal(failure)
        this.#settings.onRetry(failure)
      }
      if (this.#unplaced.size > 0) this.#wanted = true
    }
  }

  #delayMs(): number {
    const [first, longest] = this.#settings.retryBackoffMs
    let failures = this.#failures
    for (const state of this.#unplaced) failures = Math.max(failures, state.failures)
    if (failures === 0) return 0
    return Math.min(first * 2 ** (failures - 1), longest) * (0.8 + 0.4 * Math.random())
  }

  #apply(metadata: Metadata): void {
    const topics = new Map(metadata.topics.map((topic) => [topic.topic, topic]))
    for (const state of this.#states) {
      const topic = topics.get(state.topic)
      if (!topic) continue
      const replaced = topic.error === 0 && topic.topicId !== state.topicId && topic.topicId !== noTopicId
      const found = topic.partitions.find(({ partition }) => partition === state.partition)
      const missing = replaced || topic.error !== 0 || !found
      state.missing = missing ? state.missing + 1 : 0
      if (missing) {
        const error = brokerError(replaced ? 100 : topic.error || 3, {
          message: `${nameOf(state)}: the topic ${replaced ? 'was deleted and recreated' : 'cannot be found'}`,
          topic: state.topic,
          partition: state.partition,
          canRetry: false,
        })
        if (state.missing >= MISSING_TIMES || topic.error === 29) this.#events.onError(state, error)
        else {
          state.failures++
          this.#leave(state)
          this.#unplaced.add(state)
        }
        continue
      }
      // A broker that is behind may still name the previous leader.
      if (found.leaderEpoch < state.leaderEpoch) {
        if (this.#unplaced.has(state)) state.failures++
        continue
      }
      const moved = found.leader !== state.leader
      state.leaderEpoch = found.leaderEpoch
      state.leader = found.leader
      if (found.leader < 0) {
        state.failures++
        this.#leave(state)
        this.#unplaced.add(state)
      } else if (moved || this.#unplaced.has(state)) this.#assign(state)
    }
    this.#dropIdle()
    for (const leader of this.#leaders.values()) leader.fetch()
  }

  #assign(state: PartitionState): void {
    this.#leave(state)
    this.#unplaced.delete(state)
    state.replica = -1
    this.#leader(state.leader).add(state)
  }

  #backToLeaders(): void {
    this.#replicasUntil = Number.POSITIVE_INFINITY
    for (const state of this.#states) {
      if (state.replica < 0) continue
      if (state.source !== state.replica) this.#assign(state)
      else this.#replicasUntil = Math.min(this.#replicasUntil, state.replicaUntil)
    }
  }

  #leave(state: PartitionState): void {
    for (const leader of this.#leaders.values()) {
      if (leader.partitions.includes(state)) leader.remove(state)
    }
  }

  #leader(nodeId: number): Leader {
    let leader = this.#leaders.get(nodeId)
    if (!leader) {
      leader = new Leader(nodeId, this.#cluster, this.#settings, this.#leaderEvents)
      this.#leaders.set(nodeId, leader)
    }
    return leader
  }

  /** A broker without leaders may be dead or hanging, so it is not waited for. */
  #dropIdle(): void {
    for (const leader of this.#leaders.values()) {
      if (leader.partitions.length > 0) continue
      this.#leaders.delete(leader.nodeId)
      leader.disconnect()
    }
  }
}

function asFailure(error: unknown): KafkaReaderError {
  if (error instanceof KafkaReaderError) return error
  throw error
}
