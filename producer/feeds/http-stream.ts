// Any streaming HTTP address: server-sent events, or JSON lines.
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { wholeLines } from '../lines.ts'
import type { Feed, FeedContext, FeedTick, FeedTiming } from './feed.ts'
import { requireOk } from './http.ts'
import type { JsonMap } from './json-map.ts'
import { Messages } from './messages.ts'
import { reconnecting, refused } from './reconnect.ts'
import { lostBetween } from './websocket.ts'

const HEADERS_MS = 20_000

export interface HttpStreamOptions {
  readonly url: URL
  readonly map: JsonMap | undefined
  readonly key: string | undefined
  readonly timing: FeedTiming
}

export function httpStreamFeed(options: HttpStreamOptions): Feed {
  const { url, map, timing } = options
  const name = `${url.protocol}//${url.host}${url.pathname}`
  return {
    name,
    source: url.host,
    hasOwnNames: map === undefined,
    async *ticks(context) {
      const stream = new HttpStream(name, options, context)
      yield* reconnecting(name, (isUp) => stream.connection(isUp), timing, context)
    },
  }
}

/** State kept from one connection to the next. */
class HttpStream {
  readonly #name: string
  readonly #options: HttpStreamOptions
  readonly #context: FeedContext
  readonly #messages: Messages
  #lastEventId = ''
  #wasOpen = false
  /** Bytes read of a body of known length, which a reconnect gets from its beginning again. */
  #body: { readonly identity: string; bytes: number } | undefined

  constructor(name: string, options: HttpStreamOptions, context: FeedContext) {
    this.#name = name
    this.#options = options
    this.#context = context
    this.#messages = new Messages(options.map)
  }

  async *connection(isUp: () => void): AsyncGenerator<readonly FeedTick[]> {
    const { url, key, timing } = this.#options
    const { signal } = this.#context
    const silence = new AbortController()
    const watch = new Watch(timing.silenceMs, silence, HEADERS_MS)
    try {
      const response = await requireOk(
        await fetch(url, {
          headers: {
            accept: 'text/event-stream, application/x-ndjson, application/jsonl, application/json;q=0.9',
            'user-agent': 'ticklake',
            ...(this.#lastEventId && { 'last-event-id': this.#lastEventId }),
            ...(key !== undefined && { authorization: `Bearer ${key}` }),
          },
          signal: AbortSignal.any([signal, silence.signal]),
        }),
      )
      const type = response.headers.get('content-type') ?? ''
      if (/^text\/html/i.test(type)) throw refused(this.#name, new Error('it answers with a web page'))
      isUp()
      watch.heard()
      const isEvents = /^text\/event-stream/i.test(type)
      const skipped = this.#open(response, isEvents)
      const chunks = observed(response.body, () => {
        isUp()
        watch.heard()
      })
      if (isEvents) {
        yield* this.#events(chunks)
        throw new Error('the server ended the stream')
      }
      yield* this.#lines(chunks, skipped)
    } catch (error) {
      throw silence.signal.aborted && !signal.aborted ? silence.signal.reason : error
    } finally {
      watch.stop()
    }
  }

  /** @returns how many bytes of the body were already read, and are skipped */
  #open(response: Response, isEvents: boolean): number {
    const length = response.headers.get('content-length')
    const identity = `${length} ${response.headers.get('etag')} ${response.headers.get('last-modified')}`
    const known = this.#body
    const wasOpen = this.#wasOpen
    this.#wasOpen = true
    this.#body = length === null ? undefined : { identity, bytes: 0 }
    if (known && this.#body && known.identity === identity) {
      this.#body.bytes = known.bytes
      return known.bytes
    }
    const isResumed = isEvents && this.#lastEventId !== ''
    if (wasOpen && !isResumed) this.#context.events.gap(lostBetween(this.#name))
    return 0
  }

  async *#events(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly FeedTick[]> {
    let come: EventSourceMessage[] = []
    const parser = createParser({ onEvent: (event) => come.push(event) })
    const decoder = new TextDecoder()
    for await (const chunk of chunks) {
      parser.feed(decoder.decode(chunk, { stream: true }))
      const ticks = come.flatMap(({ data, id }) => {
        if (id) this.#lastEventId = id
        return this.#messages.ticksOf(data, this.#context.events, id)
      })
      come = []
      if (ticks.length > 0) yield ticks
    }
  }

  async *#lines(chunks: AsyncIterable<Buffer>, skipped: number): AsyncGenerator<readonly FeedTick[]> {
    const { events } = this.#context
    for await (const { bytes } of wholeLines(after(chunks, skipped))) {
      if (!bytes) {
        events.skipped('too_long', 'the line is too long', '')
        continue
      }
      const texts = bytes.toString('utf8').split('\n')
      const ticks = texts
        .map((text) => text.trim())
        .filter((text) => text !== '')
        .flatMap((text) => this.#messages.ticksOf(text, events))
      if (this.#body) this.#body.bytes += bytes.length
      if (ticks.length > 0) yield ticks
    }
  }
}

async function* observed(body: ReadableStream<Uint8Array> | null, heard: () => void): AsyncGenerator<Buffer> {
  if (!body) return
  for await (const chunk of body) {
    heard()
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  }
}

async function* after(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}

/** Ends a connection that was silent for too long. */
class Watch {
  readonly #silenceMs: number
  readonly #controller: AbortController
  #timer: NodeJS.Timeout

  constructor(silenceMs: number, controller: AbortController, headersMs: number) {
    this.#silenceMs = silenceMs
    this.#controller = controller
    this.#timer = this.#after(headersMs)
  }

  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#after(this.#silenceMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(new Error(`the server was silent for ${ms} ms`)), ms)
  }
}
