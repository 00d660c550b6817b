// One connection to one broker: sends requests, and receives answers in order, each into its own memory.
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { authenticate } from './authentication.ts'
import { KafkaReaderError, type OwnErrorCode } from './errors.ts'
import { Frames } from './frames.ts'
import type { Address, Settings } from './options.ts'
import { type ApiVersions, agreedVersion, apiVersionsCall } from './protocol/api-versions.ts'
import type { Api, Call } from './protocol/call.ts'
import { WireReader, WireWriter } from './protocol/wire.ts'

/** Reauthentication happens after this part of the session lifetime. */
const REAUTHENTICATE_AFTER = 0.8

interface Pending {
  readonly call: Call<unknown>
  readonly correlation: number
  readonly timeoutMs: number
  readonly resolve: (value: never) => void
  readonly reject: (error: KafkaReaderError) => void
}

export class Connection {
  readonly address: string
  readonly #settings: Settings
  readonly #socket: Socket
  readonly #pending: Pending[] = []
  readonly #frames: Frames
  #correlation = 0
  #versions: ApiVersions = new Map()
  #failure: KafkaReaderError | undefined
  #timer: NodeJS.Timeout | undefined
  /** When the first pending request times out, unless something arrives before. */
  #dueAt = 0
  #authenticateAt = Number.POSITIVE_INFINITY
  #authenticating: Promise<void> | undefined
  #throttledUntil = 0

  private constructor(socket: Socket, frames: Frames, address: string, settings: Settings) {
    this.#socket = socket
    this.#frames = frames
    this.address = address
    this.#settings = settings
    frames.listen({
      onFrame: (frame, length) => this.#answered(frame, length),
      onRefused: (announced) => this.#refuse(announced),
    })
  }

  /**
   * Connects, asks for the broker's versions and authenticates.
   * @throws KafkaReaderError CONNECTION_FAILED, TIMED_OUT, TLS_FAILED, UNSUPPORTED_BROKER, or of SASL
   */
  static async open(address: Address, settings: Settings, signal?: AbortSignal): Promise<Connection> {
    const name = address.host.includes(':')
      ? `[${address.host}]:${address.port}`
      : `${address.host}:${address.port}`
    const frames = new Frames(settings.maxResponseBytes, 2 * settings.maxBytes)
    const onread: OnReadOpts = {
      buffer: () => frames.free(),
      callback: (length) => {
        connection.#heard()
        frames.received(length)
        return true
      },
    }
    const { tls } = settings
    const socket = tls
      ? connectTls({
          ...(isIP(address.host) === 0 && { servername: address.host }),
          ...tls,
          ...address,
          ...({ onread } as object),
        })
      : connectTcp({ ...address, onread })
    const connection = new Connection(socket, frames, name, settings)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    const connected = Promise.withResolvers<void>()
    connected.promise.catch(() => {})
    socket.once(tls ? 'secureConnect' : 'connect', () => connected.resolve())
    socket.on('error', (error) =>
      connection.#fail(failureOf(error, tls !== undefined), error.message || String(error.code), error),
    )
    socket.on('close', () => connection.#fail('CONNECTION_FAILED', 'the broker closed the connection'))
    const aborted = () => connection.close()
    const late = setTimeout(
      () => connection.#fail('TIMED_OUT', 'no connection in time'),
      settings.connectTimeoutMs,
    )
    signal?.addEventListener('abort', aborted)
    connection.#onFailure = (error) => connected.reject(error)
    try {
      signal?.throwIfAborted()
      await connected.promise
      connection.#versions = await connection.#send(apiVersionsCall, settings.connectTimeoutMs)
      if (settings.sasl) await connection.#authenticate()
      return connection
    } catch (error) {
      connection.close()
      signal?.throwIfAborted()
      throw error
    } finally {
      clearTimeout(late)
      signal?.removeEventListener('abort', aborted)
    }
  }

  #onFailure: (error: KafkaReaderError) => void = () => {}

  /** Whether requests can still be sent. */
  get usable(): boolean {
    return this.#failure === undefined
  }

  /** When the broker accepts requests again, by `performance.now()`: until then it throttles the connection. */
  get throttledUntil(): number {
    return this.#throttledUntil
  }

  /** @throws KafkaReaderError UNSUPPORTED_BROKER */
  version(api: Api, highest?: number): number {
    try {
      return agreedVersion(api, this.#versions, highest)
    } catch (error) {
      throw this.#located(error)
    }
  }

  /**
   * Sends a request, and waits for its answer: `timeoutMs` without a byte of it ends the connection.
   * @throws KafkaReaderError
   */
  async request<T>(call: Call<T>, timeoutMs = this.#settings.requestTimeoutMs): Promise<T> {
    if (!this.#authenticating && performance.now() >= this.#authenticateAt) {
      this.#authenticating = this.#authenticate().finally(() => {
        this.#authenticating = undefined
      })
    }
    // Nothing else may be sent between the messages of an authentication.
    if (this.#authenticating) await this.#authenticating
    return this.#send(call, timeoutMs)
  }

  /** The broker throttles the connection for this long. */
  throttled(forMs: number): void {
    this.#throttledUntil = Math.max(this.#throttledUntil, performance.now() + forMs)
  }

  /** Returns the memory of a kept answer. */
  release(frame: Buffer): void {
    this.#frames.release(frame)
  }

  close(): void {
    this.#fail('CLOSED', 'the connection was closed')
  }

  #send<T>(call: Call<T>, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      const correlation = this.#correlation++ & 0x7fffffff
      this.#pending.push({ call, correlation, timeoutMs, resolve, reject })
      const writer = new WireWriter().int16(call.api.key).int16(call.version).int32(correlation)
      writer.string(this.#settings.clientId)
      if (call.version >= call.api.flexibleFrom) writer.noTags()
      call.encode(writer)
      this.#socket.write(writer.frame())
      if (this.#pending.length === 1) this.#expect(timeoutMs)
    })
  }

  async #authenticate(): Promise<void> {
    const begun = performance.now()
    try {
      const lifetimeMs = await authenticate(this.#settings.sasl!, (call) =>
        this.#send(call, this.#settings.requestTimeoutMs + this.#settings.maxWaitMs),
      )
      this.#authenticateAt =
        lifetimeMs > 0 ? begun + lifetimeMs * REAUTHENTICATE_AFTER : Number.POSITIVE_INFINITY
    } catch (error) {
      const located = this.#located(error)
      this.#fail(located.code, located.message, located)
      throw located
    }
  }

  /** Receiving bytes restarts the timeout. */
  #heard(): void {
    const first = this.#pending[0]
    if (first) this.#dueAt = performance.now() + first.timeoutMs
  }

  #answered(frame: Buffer, length: number): void {
    const pending = this.#pending.shift()
    const reader = new WireReader(frame, 0, length)
    const correlation = reader.int32()
    if (!pending || pending.correlation !== correlation) {
      this.#fail('MALFORMED_RESPONSE', 'an answer came without a request')
      return
    }
    if (this.#pending[0]) this.#expect(this.#pending[0].timeoutMs)
    const { call } = pending
    try {
      if (call.version >= call.api.flexibleFrom && call.api !== apiVersionsCall.api) reader.tags()
      pending.resolve(call.decode(reader) as never)
    } catch (error) {
      const located = this.#located(error)
      pending.reject(located)
      if (located.code === 'MALFORMED_RESPONSE') this.#fail(located.code, located.message, error)
      return
    }
    if (!call.retainsFrame) this.release(frame)
  }

  #refuse(announced: number): void {
    const limit = this.#settings.maxResponseBytes
    this.#fail(
      announced > limit ? 'RESPONSE_TOO_LARGE' : 'MALFORMED_RESPONSE',
      `an answer announces ${announced} bytes (at most ${limit} are taken); does the port speak Kafka${this.#settings.tls ? '' : ', and without TLS'}?`,
    )
  }

  /** Starts the timeout of the first pending request. */
  #expect(timeoutMs: number): void {
    this.#dueAt = performance.now() + timeoutMs
    if (this.#timer) return
    const check = (): void => {
      this.#timer = undefined
      const first = this.#pending[0]
      if (!first) return
      const left = this.#dueAt - performance.now()
      if (left <= 0) {
        this.#fail('TIMED_OUT', `no answer to ${first.call.api.name} within ${first.timeoutMs} ms`)
      } else this.#timer = setTimeout(check, left)
    }
    this.#timer = setTimeout(check, timeoutMs)
  }

  #fail(code: KafkaReaderError['code'], message: string, cause?: unknown): void {
    if (this.#failure) return
    this.#failure =
      cause instanceof KafkaReaderError
        ? cause
        : new KafkaReaderError({
            code,
            message: `${this.address}: ${message}`,
            broker: this.address,
            cause,
            canRetry: code === 'TLS_FAILED' ? false : undefined,
          })
    clearTimeout(this.#timer)
    this.#socket.destroy()
    this.#onFailure(this.#failure)
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure)
  }

  #located(error: unknown): KafkaReaderError {
    if (!(error instanceof KafkaReaderError)) throw error
    if (error.broker) return error
    return new KafkaReaderError({
      ...error,
      message: `${this.address}: ${error.message}`,
      broker: this.address,
    })
  }
}

/** An untrusted certificate is permanent; other connection errors may be temporary. */
function failureOf(error: NodeJS.ErrnoException, tls: boolean): OwnErrorCode {
  const code = error.code ?? ''
  const ofTls = /^ERR_(SSL|TLS)_|CERT|SIGNED|SIGNATURE|ISSUER|CRL/.test(code)
  return tls && ofTls ? 'TLS_FAILED' : 'CONNECTION_FAILED'
}
