// The brokers of a cluster: which are known, which can be reached, and one connection to each for queries besides
// Fetch.
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.ts'
import { KafkaReaderError } from './errors.ts'
import type { Address, Settings } from './options.ts'
import { type Metadata, metadataApi, metadataCall } from './protocol/metadata.ts'

export class Cluster {
  readonly #settings: Settings
  readonly #closed = new AbortController()
  readonly #brokers = new Map<number, Address>()
  /** For queries, since Fetch may wait for its answer. By address. */
  readonly #connections = new Map<string, Promise<Connection>>()
  readonly #failedAt = new Map<string, number>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Aborted when the cluster is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /**
   * Asks any broker, recently failed ones last. @throws KafkaReaderError the last broker's error, or one that every
   * broker would return
   */
  async metadata(topics: readonly string[]): Promise<Metadata> {
    let failure: unknown
    for (const address of this.#candidates()) {
      try {
        const connection = await this.#connection(address)
        const answer = await connection.request(metadataCall(connection.version(metadataApi), topics))
        this.#failedAt.delete(nameOf(address))
        for (const { nodeId, host, port } of answer.brokers) this.#brokers.set(nodeId, { host, port })
        return answer
      } catch (error) {
        if (this.closed.aborted) throw closedError()
        this.#failedAt.set(nameOf(address), performance.now())
        failure = error
        if (error instanceof KafkaReaderError && !error.canRetry) throw error
      }
    }
    throw failure
  }

  /** A connection for the caller alone. */
  async open(nodeId: number): Promise<Connection> {
    const address = this.#addressOf(nodeId)
    try {
      return await Connection.open(address, this.#settings, this.closed)
    } catch (error) {
      this.#failedAt.set(nameOf(address), performance.now())
      throw this.closed.aborted ? closedError() : error
    }
  }

  /** The connection for queries to this broker. */
  async ask(nodeId: number): Promise<Connection> {
    return this.#connection(this.#addressOf(nodeId))
  }

  /** A pause that ends early when the cluster is closed. */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const either = signal ? AbortSignal.any([signal, this.closed]) : this.closed
    await sleep(ms, undefined, { signal: either }).catch(() => {})
    if (this.closed.aborted) throw closedError()
    signal?.throwIfAborted()
  }

  close(): void {
    this.#closed.abort()
    for (const connecting of this.#connections.values()) {
      connecting.then(
        (connection) => connection.close(),
        () => {},
      )
    }
  }

  async #connection(address: Address): Promise<Connection> {
    if (this.closed.aborted) throw closedError()
    const name = nameOf(address)
    const existing = await this.#connections.get(name)?.catch(() => undefined)
    if (existing?.usable) return existing
    const connecting = Connection.open(address, this.#settings, this.closed)
    this.#connections.set(name, connecting)
    try {
      return await connecting
    } catch (error) {
      this.#connections.delete(name)
      throw this.closed.aborted ? closedError() : error
    }
  }

  #candidates(): Address[] {
    const all = new Map([...this.#brokers.values(), ...this.#settings.brokers].map((it) => [nameOf(it), it]))
    const order = [...all].map(([name, address]) => ({
      address,
      failedAt: this.#failedAt.get(name) ?? 0,
      connected: this.#connections.has(name),
      chance: Math.random(),
    }))
    order.sort(
      (a, b) => a.failedAt - b.failedAt || Number(b.connected) - Number(a.connected) || a.chance - b.chance,
    )
    return order.map(({ address }) => address)
  }

  #addressOf(nodeId: number): Address {
    const address = this.#brokers.get(nodeId)
    if (address) return address
    throw new KafkaReaderError({
      code: 'BROKER_NOT_AVAILABLE',
      message: `broker ${nodeId} is not among those that are up`,
    })
  }
}

export function closedError(): KafkaReaderError {
  return new KafkaReaderError({ code: 'CLOSED', message: 'the reader was closed' })
}

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`
}
