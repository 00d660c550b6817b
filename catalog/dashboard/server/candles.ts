// Gathers ticks into candles, so that a page gets a few points a second however fast the ticks arrive. Pure.
import type { Tick } from '@ticklake/contract/columns.ts'
import type { Candle } from './wire.ts'

/** Candles that are kept of each index, for whoever opens the page. */
const KEPT = 240
/** Indices that are kept: a stream of made-up names must not fill the memory. */
const MOST_INDICES = 200

export class CandleBook {
  /** By index, oldest first. */
  readonly #kept = new Map<string, Candle[]>()
  #open = new Map<string, Candle>()
  #waiting: Candle[] = []

  /** @param single each tick is a candle of its own; else ticks between two flushes share one */
  add(tick: Tick, single: boolean): void {
    if (!this.#kept.has(tick.index)) {
      if (this.#kept.size >= MOST_INDICES) return
      this.#kept.set(tick.index, [])
    }
    const candle = candleOf(tick)
    if (single) {
      this.#waiting.push(candle)
      return
    }
    const open = this.#open.get(tick.index)
    this.#open.set(tick.index, open ? joined(open, candle) : candle)
  }

  /** The candles since the last flush; they are kept, too. */
  flush(): Candle[] {
    const candles = [...this.#waiting, ...this.#open.values()]
    this.#waiting = []
    this.#open = new Map()
    for (const candle of candles) {
      const kept = this.#kept.get(candle.index)!
      kept.push(candle)
      if (kept.length > KEPT) kept.shift()
    }
    return candles
  }

  all(): Candle[] {
    return [...this.#kept.values()].flat()
  }

  clear(): void {
    this.#kept.clear()
    this.#open.clear()
    this.#waiting = []
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
