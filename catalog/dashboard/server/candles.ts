// Combines ticks into candles, so that a browser gets a few points a second however fast ticks arrive. Pure.
import type { Tick } from '@ticklake/contract/columns.ts'
import type { Candle } from './wire.ts'

/** Candles of each index that a new viewer gets. */
const CANDLES_PER_INDEX = 240
/** A stream of made-up names must not fill the memory. */
const MOST_INDICES = 200

export class CandleBook {
  /** By index, oldest first. */
  readonly #stored = new Map<string, Candle[]>()
  #open = new Map<string, Candle>()
  #finished: Candle[] = []

  /** @param single each tick is a candle of its own; otherwise the ticks between two flushes share one */
  add(tick: Tick, single: boolean): void {
    if (!this.#stored.has(tick.index)) {
      if (this.#stored.size >= MOST_INDICES) return
      this.#stored.set(tick.index, [])
    }
    const candle = candleOf(tick)
    if (single) {
      this.#finished.push(candle)
      return
    }
    const open = this.#open.get(tick.index)
    this.#open.set(tick.index, open ? joined(open, candle) : candle)
  }

  /** The candles since the last flush; they are also stored. */
  flush(): Candle[] {
    const candles = [...this.#finished, ...this.#open.values()]
    this.#finished = []
    this.#open = new Map()
    for (const candle of candles) {
      const stored = this.#stored.get(candle.index)!
      stored.push(candle)
      if (stored.length > CANDLES_PER_INDEX) stored.shift()
    }
    return candles
  }

  all(): Candle[] {
    return [...this.#stored.values()].flat()
  }

  clear(): void {
    this.#stored.clear()
    this.#open.clear()
    this.#finished = []
  }
}

function candleOf(tick: Tick): Candle {
  const { index, date, open, high, low, close } = tick
  return { index, from: date, to: date, open, high, low, close, ticks: 1 }
}

function joined(first: Candle, next: Candle): Candle {
  return {
    index: first.index,
    from: first.from,
    to: next.to,
    open: first.open,
    high: Math.max(first.high, next.high),
    low: Math.min(first.low, next.low),
    close: next.close,
    ticks: first.ticks + next.ticks,
  }
}
