// One broker that partitions are fetched from: one Fetch at a time on its own connection; the answer is kept until it
// is read.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import type { Connection } from './connection.ts'
import { type FetchDelta, FetchSession } from './fetch-session.ts'
import type { Settings } from './options.ts'
import type { PartitionState } from './partition-state.ts'
import { noTopicId } from './protocol/call.ts'
import { type FetchResponse, fetchApi, fetchByIdFrom, fetchCall, topicKeyOf } from './protocol/fetch.ts'

/** A broker that is silent this much longer than the requested wait may be frozen: the others are asked who leads. */
const SUSPICIOUS_AFTER_MS = 1_500

export interface LeaderEvents {
  /** An answer is available. */
  readonly onAnswer: (leader: Leader) => void
  /** The connection is lost, or could not be made. */
  readonly onLost: (leader: Leader, error: unknown) => void
  /** No answer for longer than expected; the request continues. */
  readonly onSilence: (leader: Leader) => void
}

export class Leader {
  readonly nodeId: number
  readonly session: FetchSession
  readonly #cluster: Cluster
  readonly #settings: Settings
  readonly #events: LeaderEvents
  /** In request order, in which the broker fills an answer. */
  #partitions: PartitionState[] = []
  #connection: Connection | undefined
  #busy = false
  #answer: FetchResponse | undefined

  constructor(nodeId: number, cluster: Cluster, settings: Settings, events: LeaderEvents) {
    this.nodeId = nodeId
    this.session = new FetchSession(settings.sessionFromPartitions)
    this.#cluster = cluster
    this.#settings = settings
    this.#events = events
  }

  get partitions(): readonly PartitionState[] {
    return this.#partitions
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  add(state: PartitionState): void {
    this.#partitions.push(state)
  }

  remove(state: PartitionState): void {
    this.#partitions = this.#partitions.filter((other) => other !== state)
  }

  /** Partitions that returned records come last in the next request. */
  moveBack(served: ReadonlySet<PartitionState>): void {
    if (served.size === 0 || served.size === this.#partitions.length) return
    const others = this.#partitions.filter((state) => !served.has(state))
    this.#partitions = [...others, ...this.#partitions.filter((state) => served.has(state))]
  }

  /** Requests more, unless a request is in progress or an answer is unread. */
  fetch(): void {
    if (this.#busy || this.#answer || this.#partitions.length === 0) return
    this.#busy = true
    this.#fetch().then(
      (answer) => {
        this.#busy = false
        if (!answer) return
        this.#answer = answer
        this.#events.onAnswer(this)
      },
      (error) => {
        this.#busy = false
        this.disconnect()
        this.#events.onLost(this, error)
      },
    )
  }

  takeAnswer(): FetchResponse | undefined {
    const answer = this.#answer
    this.#answer = undefined
    return answer
  }

  disconnect(): void {
    this.#connection?.close()
    this.session.reset()
  }

  async #fetch(): Promise<FetchResponse | undefined> {
    const silence = setInterval(
      () => this.#events.onSilence(this),
      this.#settings.maxWaitMs + SUSPICIOUS_AFTER_MS,
    )
    try {
      const connection = await this.#connected(silence)
      if (this.#partitions.length === 0) return undefined
      const answer = await this.#request(connection)
      if (answer.throttleMs > 0) connection.throttled(answer.throttleMs)
      return answer
    } finally {
      clearInterval(silence)
    }
  }

  /** A connection that accepts requests; a throttled one does so later. */
  async #connected(silence: NodeJS.Timeout): Promise<Connection> {
    if (!this.#connection?.usable) {
      this.session.reset()
      this.#connection = await this.#cluster.open(this.nodeId)
    }
    const connection = this.#connection
    const heldForMs = connection.throttledUntil - performance.now()
    if (heldForMs > 0) {
      await sleep(heldForMs, undefined, { signal: this.#cluster.closed })
      silence.refresh()
    }
    return connection
  }

  #request(connection: Connection): Promise<FetchResponse> {
    const {
      maxFetchVersion,
      maxWaitMs,
      minBytes,
      maxBytes,
      maxPartitionBytes,
      isolation,
      rack,
      requestTimeoutMs,
    } = this.#settings
    const named = this.#partitions.some(({ topicId }) => topicId === noTopicId)
    const version = connection.version(fetchApi, named ? fetchByIdFrom - 1 : maxFetchVersion)
    const request: FetchDelta = this.session.next(this.#partitions, (state) => topicKeyOf(version, state))
    const call = fetchCall(version, {
      maxWaitMs,
      minBytes,
      maxBytes,
      readCommitted: isolation === 'read_committed',
      sessionId: request.sessionId,
      sessionEpoch: request.sessionEpoch,
      partitions: request.partitions.map((state) => ({
        topic: state.topic,
        topicId: state.topicId,
        partition: state.partition,
        currentLeaderEpoch: state.leaderEpoch,
        offset: state.fetchOffset,
        lastFetchedEpoch: state.fetchedEpoch,
        maxBytes: maxPartitionBytes,
      })),
      forgotten: request.forgotten,
      rack,
    })
    return connection.request(call, maxWaitMs + requestTimeoutMs)
  }
}
