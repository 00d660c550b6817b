// Any WebSocket with JSON messages.
import type { Feed, FeedTiming } from './feed.ts'
import type { JsonMap } from './json-map.ts'
import { Messages } from './messages.ts'
import { reconnecting } from './reconnect.ts'
import { socketMessages } from './socket.ts'

export interface WebsocketOptions {
  readonly url: URL
  readonly map: JsonMap | undefined
  /** Sent after each connect. */
  readonly subscription: string | undefined
  readonly key: string | undefined
  readonly timing: FeedTiming
}

export function websocketFeed({ url, map, subscription, key, timing }: WebsocketOptions): Feed {
  const name = `${url.protocol}//${url.host}${url.pathname}`
  return {
    name,
    source: url.host,
    hasOwnNames: map === undefined,
    async *ticks(context) {
      const messages = new Messages(map)
      const { events, signal } = context
      const options = {
        url,
        headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
        subscriptions: subscription === undefined ? [] : [subscription],
        silenceMs: timing.silenceMs,
      }
      let connections = 0
      const connect = (isUp: () => void) => {
        let isOpen = false
        return socketMessages(
          options,
          () => {
            isUp()
            if (isOpen) return
            isOpen = true
            if (connections++ > 0) events.gap(lostBetween(name))
          },
          signal,
        )
      }
      for await (const texts of reconnecting(name, connect, timing, context)) {
        yield texts.flatMap((text) => messages.ticksOf(text, events))
      }
    },
  }
}

/** The gap of a feed without numbers while there was no connection. */
export function lostBetween(name: string) {
  const why = 'the feed does not number its messages: those sent without a connection are missing'
  return { what: `${name}, from the loss of the connection to now`, missed: undefined, filled: 0, why }
}
