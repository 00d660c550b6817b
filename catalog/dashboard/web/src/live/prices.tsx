// Live prices: a tile for each index, and the candles of the selected one.
import { useMemo, useState } from 'preact/hooks'
import type { Candle } from '../../../server/wire.ts'
import { price } from '../parts/format.ts'
import { Legend, Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { CandleChart } from './candle-chart.tsx'
import { useLive } from './live-data.ts'
import styles from './prices.module.css'

export function Prices() {
  const { candles, ticksProblem } = useLive('candles')
  const [picked, setPicked] = useState<string>()
  const names = [...candles.keys()].sort()
  const name = picked && candles.has(picked) ? picked : names[0]
  return (
    <Panel
      title="Prices as they arrive"
      aside={
        <Legend>a candle is a day, or a minute of intraday ticks; at high rates it holds several days</Legend>
      }
    >
      {ticksProblem && <ProblemNote title="Prices" problem={ticksProblem} />}
      {names.length === 0 && !ticksProblem && <p class="empty">No tick has arrived yet.</p>}
      {name && (
        <div class={styles.body}>
          <fieldset class={styles.tiles}>
            <legend class="hidden">Index</legend>
            {names.map((each) => (
              <Tile
                key={each}
                name={each}
                candles={candles.get(each)!}
                picked={each === name}
                onPick={setPicked}
              />
            ))}
          </fieldset>
          <CandleChart name={name} candles={candles.get(name)!} />
        </div>
      )}
    </Panel>
  )
}

interface TileProps {
  name: string
  candles: readonly Candle[]
  picked: boolean
  onPick: (name: string) => void
}

function Tile({ name, candles, picked, onPick }: TileProps) {
  const last = candles.at(-1)!
  const before = candles.at(-2) ?? last
  const change = before.close === 0 ? 0 : ((last.close - before.close) / before.close) * 100
  const shape = useMemo(() => sparkline(candles.slice(-40).map(({ close }) => close)), [last])
  return (
    <label class={styles.tile} data-picked={picked || undefined} data-testid="tile">
      <input type="radio" name="index" class="hidden" checked={picked} onChange={() => onPick(name)} />
      <span class={styles.name}>{name}</span>
      <svg
        class={change < 0 ? styles.down : styles.up}
        viewBox="0 0 80 24"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path d={shape} />
      </svg>
      <span class="num">{price(last.close)}</span>
      <span class={`num ${styles.change} ${change < 0 ? styles.down : styles.up}`}>
        {change < 0 ? '▾' : '▴'} {Math.abs(change).toFixed(2)}%
      </span>
    </label>
  )
}

function sparkline(values: readonly number[]): string {
  const low = Math.min(...values)
  const span = Math.max(...values) - low || 1
  const step = 80 / Math.max(1, values.length - 1)
  return values
    .map(
      (value, i) =>
        `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${(22 - ((value - low) / span) * 20).toFixed(1)}`,
    )
    .join('')
}
