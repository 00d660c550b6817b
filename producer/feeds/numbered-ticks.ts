// Numbered ticks, each sent once: duplicates are dropped, and missing ones are fetched.
import type { FeedContext, FeedGap, FeedTick } from './feed.ts'
import { reasonWithCause } from './reconnect.ts'
import { type Range, Sequence } from './sequence.ts'

/** A tick with its number, counted without holes per index. */
export interface NumberedTick extends FeedTick {
  readonly index: string
  readonly id: number
}

/** The content of a message: a tick, or only the highest existing number. */
export type Numbered = NumberedTick | { readonly index: string; readonly reached: number }

export interface NumberedOptions {
  /** What is numbered, for messages: `trades`. */
  readonly noun: string
  /** Fetches the ticks of a range, in any order. @throws Error; ticks fetched before it are used */
  fetch(index: string, range: Range, signal: AbortSignal, found: (tick: NumberedTick) => void): Promise<void>
}

export class NumberedTicks {
  readonly #options: NumberedOptions
  readonly #context: FeedContext
  readonly #sequences = new Map<string, Sequence>()

  constructor(options: NumberedOptions, context: FeedContext) {
    this.#options = options
    this.#context = context
  }

  /** The ticks to send after this message. */
  async next(message: Numbered): Promise<readonly FeedTick[]> {
    const { index } = message
    const sequence = this.#sequences.get(index) ?? new Sequence()
    this.#sequences.set(index, sequence)
    if ('reached' in message) {
      // Before the first tick it determines where the feed begins.
      if (sequence.last === undefined) sequence.take(message.reached)
      return this.#fill(index, sequence, message.reached + 1)
    }
    const filled = await this.#fill(index, sequence, message.id)
    if (sequence.take(message.id)) return [...filled, message]
    this.#context.events.duplicates(1)
    return filled
  }

  async #fill(index: string, sequence: Sequence, before: number): Promise<readonly FeedTick[]> {
    const range = sequence.missingBefore(before)
    if (!range) return []
    const { events, signal } = this.#context
    const found = new Map<number, NumberedTick>()
    let failure: string | undefined
    try {
      await this.#options.fetch(index, range, signal, (tick) => {
        if (tick.id >= range.from && tick.id <= range.to) found.set(tick.id, tick)
      })
    } catch (error) {
      if (signal.aborted) return []
      failure = reasonWithCause(error)
    }
    sequence.giveUp(range, new Set(found.keys()))
    const missed = range.to - range.from + 1
    const gap: FeedGap = {
      what: `${index} ${this.#options.noun} ${range.from} to ${range.to}`,
      missed,
      filled: found.size,
    }
    const why = failure ?? 'the server does not have them'
    events.gap(found.size === missed ? gap : { ...gap, why })
    return [...found.values()].sort((a, b) => a.id - b.id)
  }
}
