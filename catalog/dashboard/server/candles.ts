// Combines ticks into candles, so that a browser gets a few points a second however fast ticks arrive. Pure.
import type { Tick } from '@ticklake/contract/columns.ts'
import type { Candle } from './wire.ts'

/** Candles of each index that a new viewer gets. */
const CANDLES_PER_INDEX = 240
/** A stream of invented names must not fill the memory. */
const MOST_INDICES = 200

export class CandleBook {
  /** By index, oldest first. */
  readonly #stored = new Map<string, Candle[]>()
  #open = new Map<string, Candle>()
  #finished: Candle[] = []

  /**
   * @param single each day is its own candle; otherwise the days between two flushes share one. Intraday ticks of one
   * minute always share one.
   */
  add(tick: Tick, single: boolean): void {
    if (!this.#stored.has(tick.index)) {
      if (this.#stored.size >= MOST_INDICES) return
      this.#stored.set(tick.index, [])
    }
    const candle = candleOf(tick)
    const open = this.#open.get(tick.index)
    if (candle.minute === undefined && single) {
      this.#finished.push(candle)
    } else if (open?.minute === candle.minute) {
      this.#open.set(tick.index, open ? joined(open, candle) : candle)
    } else {
      if (open) this.#finished.push(open)
      this.#open.set(tick.index, candle)
    }
  }

  /**
   * The candles since the last flush; they are also stored. A minute's unfinished candle is sent again, whole: it
   * replaces the last one of its index.
   */
  flush(): Candle[] {
    const candles = [...this.#finished, ...this.#open.values()].map((candle) => this.#continued(candle))
    this.#finished = []
    this.#open = new Map()
    for (const candle of candles) {
      const stored = this.#stored.get(candle.index)!
      if (candle.minute !== undefined && stored.at(-1)?.minute === candle.minute) stored.pop()
      stored.push(candle)
      if (stored.length > CANDLES_PER_INDEX) stored.shift()
    }
    return candles
  }

  #continued(candle: Candle): Candle {
    const last = this.#stored.get(candle.index)?.at(-1)
    return last && candle.minute !== undefined && last.minute === candle.minute
      ? joined(last, candle)
      : candle
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
  const { index, date, open, high, low, close, traded_at } = tick
  const prices = { open, high, low, close, ticks: 1 }
  if (!traded_at) return { index, from: date, to: date, ...prices }
  const minute = traded_at.slice(0, 16)
  return { index, from: minute, to: minute, minute, ...prices }
}

function joined(first: Candle, next: Candle): Candle {
  return {
    ...first,
    to: next.to,
    high: Math.max(first.high, next.high),
    low: Math.min(first.low, next.low),
    close: next.close,
    ticks: first.ticks + next.ticks,
  }
}
