// Which alerts are firing, and who has been notified: one small object in the bucket, which survives restarts.
import type { Bucket } from '@ticklake/aws/s3.ts'
import { controlPrefix, type Lake } from '@ticklake/contract/keys.ts'

/** From the check that found a row until the check that found none. */
export interface Episode {
  /** The same in every notification of the episode, so that a receiver recognizes a repeated one. */
  readonly id: string
  readonly sinceMs: number
  /** The first rows that the statement returned, as text. */
  readonly rows: readonly string[]
  /** Targets that have been notified, as `targetKey` names them. */
  readonly notified: readonly string[]
}

export class Episodes {
  readonly #bucket: Pick<Bucket, 'text' | 'put'>
  readonly #key: string
  #stored: Map<string, Episode> | undefined
  /** Writes are sequential: each has the whole state. */
  #written: Promise<unknown> = Promise.resolve()

  constructor(bucket: Pick<Bucket, 'text' | 'put'>, lake: Lake) {
    this.#bucket = bucket
    this.#key = `${controlPrefix(lake)}alerts/state.json`
  }

  /** The episode of this alert, or undefined while it is not firing. */
  async of(alert: string): Promise<Episode | undefined> {
    return (await this.#all()).get(alert)
  }

  /** All alerts that are firing, as far as they have been read. */
  firing(): [alert: string, episode: Episode][] {
    return [...(this.#stored ?? [])]
  }

  /** Stores the episode; undefined ends it. */
  set(alert: string, episode: Episode | undefined): Promise<void> {
    const done = this.#written.then(() => this.#write(alert, episode))
    this.#written = done.catch(() => {})
    return done
  }

  async #write(alert: string, episode: Episode | undefined): Promise<void> {
    const next = new Map(await this.#all())
    if (episode) next.set(alert, episode)
    else next.delete(alert)
    const body = `${JSON.stringify({ v: 1, firing: Object.fromEntries(next) })}\n`
    await this.#bucket.put(this.#key, Buffer.from(body), 'application/json')
    this.#stored = next
  }

  async #all(): Promise<Map<string, Episode>> {
    if (!this.#stored) {
      const text = await this.#bucket.text(this.#key)
      const state = text && (JSON.parse(text.text) as { v: number; firing: Record<string, Episode> })
      this.#stored ??= new Map(Object.entries(state && state.v === 1 ? state.firing : {}))
    }
    return this.#stored
  }
}
