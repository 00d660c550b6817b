// The state of one assigned partition: how far it is returned, how far it is fetched, and from which broker.
import type { TopicKey } from './protocol/call.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** One assignment. Assigning the partition again creates a new one, so that answers for the old one are recognized. */
export class PartitionState implements TopicPartition, TopicKey {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** What the caller gets next, and the epoch of the batch before it (-1 if unknown). */
  nextOffset: number
  nextOffsetEpoch: number
  /** What is requested next: ahead of the next offset while answers wait to be decoded. */
  fetchOffset: number
  fetchedEpoch: number
  leader = -1
  leaderEpoch = -1
  /** A replica that the leader named instead of itself (KIP-392), until it fails or expires. */
  replica = -1
  replicaUntil = 0
  highWatermark = -1
  lastStableOffset = -1
  logStartOffset = -1
  /** Whether the offsets above were returned at least once. */
  isReported = false
  /** Attempts that failed since the last answer. */
  failures = 0
  /** Times in a row that metadata did not know the topic. */
  missing = 0
  /** Unassigned, or ended by a returned error. */
  ended = false

  constructor(key: TopicKey, partition: number, offset: number, leaderEpoch: number) {
    this.topic = key.topic
    this.topicId = key.topicId
    this.partition = partition
    this.nextOffset = offset
    this.fetchOffset = offset
    this.nextOffsetEpoch = leaderEpoch
    this.fetchedEpoch = leaderEpoch
  }

  /** The broker to fetch from. */
  get source(): number {
    if (this.replica >= 0 && performance.now() < this.replicaUntil) return this.replica
    return this.leader
  }
}
