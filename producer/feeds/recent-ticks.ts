// Recent ticks, so that what a server repeats after a reconnect is not sent twice.
import { BoundedMap } from '@ticklake/runtime/bounded-map.ts'

const MAX_REMEMBERED = 100_000

export class Recent {
  readonly #connections = new BoundedMap<string, number>(MAX_REMEMBERED)

  /** Whether a tick is new; remembers it. */
  take(key: string): boolean {
    return this.takeFrom(Number.NaN, key)
  }

  /** The same, but a repeated tick on the same connection is new: two trades can be alike. */
  takeFrom(connection: number, key: string): boolean {
    const before = this.#connections.get(key)
    if (before !== undefined && before !== connection) return false
    this.#connections.set(key, connection)
    return true
  }
}
