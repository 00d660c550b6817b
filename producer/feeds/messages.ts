// Turns the messages of any feed into ticks, with --map or by name.
import { type FeedEvents, type FeedTick, parseJson } from './feed.ts'
import { type JsonMap, mapped } from './json-map.ts'
import { Recent } from './recent-ticks.ts'

export class Messages {
  readonly #map: JsonMap | undefined
  readonly #recent = new Recent()

  constructor(map: JsonMap | undefined) {
    this.#map = map
  }

  /** @param id the message's id, if the protocol has one */
  ticksOf(text: string, events: FeedEvents, id?: string): FeedTick[] {
    const message = parseJson(text)
    if (message === undefined) {
      events.skipped('not_json', 'the message is not JSON', text)
      return []
    }
    if (id && !this.#recent.take(`message ${id}`)) {
      events.duplicates(1)
      return []
    }
    if (!this.#map) {
      const all = Array.isArray(message) ? message : [message]
      return all.map((fields) => ({ fields, text: all.length === 1 ? text : JSON.stringify(fields) }))
    }
    const ticks = mapped(this.#map, message)
    if (ticks.length === 0) {
      events.skipped('no_tick', 'no path of --map matches; such messages are skipped', text)
    }
    return ticks
      .filter((tick) => {
        const isNew = tick.id === undefined || this.#recent.take(`tick ${tick.fields.index} ${tick.id}`)
        if (!isNew) events.duplicates(1)
        return isNew
      })
      .map(({ fields }) => ({ fields, text }))
  }
}
