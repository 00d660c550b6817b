// Each partition of the topic: landed offset, high watermark, and the lag between them.
import type { PartitionOffsets } from '../../../server/wire.ts'
import { count } from '../parts/format.ts'
import { LegendKey } from '../parts/legend-key.tsx'
import { Legend, Panel } from '../parts/panel.tsx'
import styles from './partition-bars.module.css'

const SHOWN = 12

export function PartitionBars({ partitions }: { partitions: readonly PartitionOffsets[] }) {
  // When there are many, those with the largest lag are shown.
  const shown =
    partitions.length <= SHOWN
      ? partitions
      : [...partitions].sort((a, b) => (b.lag ?? 0) - (a.lag ?? 0)).slice(0, SHOWN)
  const longest = Math.max(1, ...partitions.map(({ end }) => end))
  return (
    <Panel
      title="Partitions"
      aside={
        <Legend>
          <LegendKey of="offset" /> claimed <LegendKey of="lag" /> lag
        </Legend>
      }
    >
      <table class={styles.partitions}>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col" class={styles.wide}>
              <span class="hidden">share</span>
            </th>
            <th scope="col" class="right">
              claimed offset
            </th>
            <th scope="col" class="right">
              end offset
            </th>
            <th scope="col" class="right">
              lag
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ partition, end, claimed, lag }) => (
            <tr key={partition}>
              <th scope="row" class="num">
                {partition}
              </th>
              <td class={styles.wide}>
                <div class={styles.track} aria-hidden="true">
                  <div class={styles.claimed} style={{ transform: `scaleX(${(claimed ?? 0) / longest})` }} />
                  <div class={styles.lagging} style={{ transform: `scaleX(${end / longest})` }} />
                </div>
              </td>
              <td class="num right">{count(claimed)}</td>
              <td class="num right">{count(end)}</td>
              <td class="num right">{count(lag)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {partitions.length === 0 && <p class="empty">No partition yet.</p>}
      {partitions.length > SHOWN && (
        <p class="note">
          The {SHOWN} with the largest lag, of {count(partitions.length)}.
        </p>
      )}
    </Panel>
  )
}
