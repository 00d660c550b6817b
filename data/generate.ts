// Generates the full-size market file: the same rows for the same seed, one row in memory at a time.
import { type Tick, tickColumns } from '@ticklake/contract/columns.ts'
import { lastDay, type Market, markets } from './markets.ts'
import { seededRandom } from './random.ts'

/** How many rows the full-size file has. */
export const ROWS = markets.reduce((sum, market) => sum + market.rows, 0)

/** The real file has the columns of the first contract: later columns have other sources. */
const fileColumns = tickColumns.filter(({ since }) => since === 1)

const DEFAULT_SEED = 1965
const DAY_MS = 86_400_000

/** The rows in the file's order: one index after another, each by date. */
export function* ticksByIndex(seed = DEFAULT_SEED): Generator<Tick> {
  for (const [position, market] of markets.entries()) yield* ticksOf(market, seededRandom(seed, position))
}

/** The same rows in a market's order: the indices alternate, so that each occurs from the start. */
export function* interleavedTicks(seed = DEFAULT_SEED): Generator<Tick> {
  let rest = markets.map((market, position) => ticksOf(market, seededRandom(seed, position)))
  while (rest.length > 0) {
    const going: typeof rest = []
    for (const index of rest) {
      const next = index.next()
      if (next.done) continue
      yield next.value
      going.push(index)
    }
    rest = going
  }
}

/** The file's lines with their line ends, the header first; numbers as the real file writes them (`0.0`). */
export function* csvLines(seed = DEFAULT_SEED): Generator<string> {
  yield `${fileColumns.map((column) => column.csv).join(',')}\n`
  for (const tick of ticksByIndex(seed)) {
    yield `${fileColumns.map(({ name }) => cell(tick[name])).join(',')}\n`
  }
}

function cell(value: string | number | null | undefined): string {
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}.0` : String(value)
  return value ?? ''
}

/**
 * One index's rows. Only + - * / and rounding are used, which every engine computes alike; Math.log or Math.exp
 * may differ in the last digit from one to the next.
 */
function* ticksOf(market: Market, random: () => number): Generator<Tick> {
  let trend = market.start
  let wobble = 0
  let open = market.start
  let written = 0
  for (const date of tradingDays(market, random)) {
    trend *= 1 + market.drift
    // Prices fluctuate around the trend and are pulled back to it, so that decades of them stay plausible.
    wobble = Math.max(-0.7, wobble * 0.999 + market.volatility * bell(random))
    const close = price(written === 0 ? market.start : trend * (1 + wobble))
    const spread = market.volatility * 0.6
    const high = price(Math.max(open, close) * (1 + spread * random()))
    const low = price(Math.min(open, close) * (1 - spread * random()))
    written++
    yield {
      index: market.index,
      date,
      open: price(open),
      high,
      low,
      close,
      adj_close: close,
      volume: volume(market, written / market.rows, random),
      close_usd: close * market.usd,
    }
    open = close * (1 + market.volatility * 0.3 * bell(random))
  }
}

/** As many weekdays as the market has rows, the first day among them, the rest spread evenly by chance. */
function* tradingDays(market: Market, random: () => number): Generator<string> {
  const first = Date.parse(market.firstDay) / DAY_MS
  const last = Date.parse(lastDay) / DAY_MS
  let weekdaysLeft = 0
  for (let day = first; day <= last; day++) if (isWeekday(day)) weekdaysLeft++
  let rowsLeft = market.rows
  for (let day = first; rowsLeft > 0; day++) {
    if (!isWeekday(day)) continue
    // Selection sampling: exactly `rows` days, without a list of them.
    if (day === first || random() * weekdaysLeft < rowsLeft) {
      yield new Date(day * DAY_MS).toISOString().slice(0, 10)
      rowsLeft--
    }
    weekdaysLeft--
  }
}

/** Days are counted from 1970-01-01, a Thursday. */
function isWeekday(day: number): boolean {
  const weekday = (((day + 4) % 7) + 7) % 7
  return weekday !== 0 && weekday !== 6
}

/** Roughly normal with a standard deviation of 1: the sum of twelve would be closer, four are enough here. */
function bell(random: () => number): number {
  return (random() + random() + random() + random() - 2) * 1.732
}

/** A price as the real file has it: single precision, ten significant digits, at most six after the point. */
function price(value: number): number {
  const scale = value < 10_000 ? 1e6 : value < 100_000 ? 1e5 : 1e4
  return Math.round(Math.fround(value) * scale) / scale
}

/** Early years have none, as in the real file; then it grows, with a rare day of double volume. */
function volume(market: Market, progress: number, random: () => number): number {
  const rush = random() < 0.02 ? 2 : 1
  const traded = market.volume * progress * (0.5 + random()) * rush
  return progress < 0.25 ? 0 : Math.round(traded / market.volumeStep) * market.volumeStep
}
