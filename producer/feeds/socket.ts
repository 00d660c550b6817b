// One WebSocket connection: its messages as an async iterable, with a silence timeout and back-pressure.
import { inOneLine } from '@ticklake/runtime/errors.ts'
import WebSocket from 'ws'
import { HttpError, retryAfterMs } from './http.ts'

/** How many messages may wait before the socket is paused. */
const MAX_QUEUED = 10_000
const HANDSHAKE_MS = 10_000
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

export interface SocketOptions {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Sent after every connect, including reconnects. */
  readonly subscriptions: readonly string[]
  /** The server is pinged after half of it; an answer is a sign of life. */
  readonly silenceMs: number
}

/**
 * @param isUp called with each sign of life
 * @throws Error when the connection ends for any reason; HttpError when the server refuses it
 */
export async function* socketMessages(
  { url, headers, subscriptions, silenceMs }: SocketOptions,
  isUp: () => void,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const socket = new WebSocket(url, {
    headers: { 'user-agent': 'ticklake', ...headers },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MAX_MESSAGE_BYTES,
  })
  let queue: string[] = []
  let ended: Error | undefined
  let wake = () => {}
  let heardAt = performance.now()
  const heard = () => {
    heardAt = performance.now()
    isUp()
  }
  const end = (error: Error) => {
    ended ??= error
    wake()
  }
  socket.on('open', () => {
    heard()
    for (const subscription of subscriptions) socket.send(subscription)
  })
  socket.on('message', (data) => {
    heard()
    queue.push(data.toString())
    if (queue.length >= MAX_QUEUED) socket.pause()
    wake()
  })
  socket.on('ping', heard)
  socket.on('pong', heard)
  socket.on('error', end)
  socket.on('close', (code, reason) => {
    const why = inOneLine(reason.toString())
    end(new Error(`the server closed the connection (${code}${why ? `, ${why}` : ''})`))
  })
  socket.on('unexpected-response', (_, response) => {
    const after = retryAfterMs(response.headers['retry-after'])
    end(new HttpError(response.statusCode ?? 0, response.statusMessage ?? '', after))
    socket.terminate()
  })
  const watch = setInterval(() => {
    if (socket.isPaused || socket.readyState !== WebSocket.OPEN) return
    const silentMs = performance.now() - heardAt
    if (silentMs >= silenceMs)
      end(new Error(`the server was silent for ${Math.round(silentMs / 100) / 10} s`))
    else if (silentMs >= silenceMs / 2) socket.ping()
  }, silenceMs / 4)
  const stop = () => end(new Error('stopped'))
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      signal.throwIfAborted()
      if (queue.length > 0) {
        const messages = queue
        queue = []
        yield messages
        if (socket.isPaused) {
          heardAt = performance.now()
          socket.resume()
        }
      } else if (ended) throw ended
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    clearInterval(watch)
    signal.removeEventListener('abort', stop)
    // A dead server would not answer a close, and what it still sent is useless.
    socket.terminate()
  }
}
