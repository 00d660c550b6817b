// What an alert checks, how often, and whom it notifies. The simple form becomes SQL that reads only recent partitions. Pure.
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { hourOf } from '@ticklake/contract/keys.ts'
import { literal, quoted } from '@ticklake/runtime/sql/tokens.ts'

export type Target =
  | { readonly kind: 'log' }
  | { readonly kind: 'page' }
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'sns'; readonly topic: string }

export interface AlertRule {
  readonly name: string
  readonly everyMs: number
  readonly targets: readonly Target[]
  /** The statement as of this time; the alert fires when it returns a row. */
  readonly sql: (nowMs: number) => string
}

const HOUR_MS = 3_600_000
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS }

/** `30 s`, `5 m`, `1 h`, `1 d` in ms, or undefined. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6}) ?([smhd])$/.exec(text.trim())
  return match ? Number(match[1]) * unitMs[match[2]!]! : undefined
}

export interface Change {
  /** undefined: any index */
  readonly index: string | undefined
  readonly overMs: number
  readonly direction: 'above' | 'below'
  readonly percent: number
}

/** `HSI, change over 5 m above 2 %`, or `any, change …`; undefined if the text has another form. */
export function parseChange(text: string): Change | undefined {
  const comma = text.lastIndexOf(',')
  const index = text.slice(0, Math.max(0, comma)).trim()
  const rest = text
    .slice(comma + 1)
    .trim()
    .replaceAll(/\s+/g, ' ')
  const match = /^change over (\d{1,4} ?[smhd]) (above|below) (-?\d{1,5}(?:\.\d{1,6})?) ?%$/.exec(rest)
  const overMs = match && parseDuration(match[1]!)
  if (!match || !overMs || index === '') return undefined
  return {
    index: index === 'any' ? undefined : index,
    overMs,
    direction: match[2] as 'above' | 'below',
    percent: Number(match[3]),
  }
}

/**
 * The change of the last price since the newest tick that is at least this old, and at most twice as old. Reads only
 * the hours in which such ticks can have landed.
 */
export function changeSql(
  lake: Pick<LakeConfig, 'database' | 'table'>,
  { index, overMs, direction, percent }: Change,
  nowMs: number,
): string {
  const at = (ms: number) => `TIMESTAMP '${new Date(ms).toISOString().slice(0, 23).replace('T', ' ')}'`
  const hours: string[] = []
  for (let ms = nowMs - 2 * overMs - HOUR_MS; ms < nowMs + 2 * HOUR_MS; ms += HOUR_MS) {
    const { dt, hour } = hourOf(ms)
    hours.push(`(dt = '${dt}' AND hour = '${hour}')`)
  }
  const order = 'ROW (traded_at, kafka_timestamp, kafka_partition, kafka_offset)'
  const ofIndex = index === undefined ? '' : `\n      AND index = ${literal(index)}`
  const sign = direction === 'above' ? '>' : '<'
  return `SELECT index, price_before, price, round(100 * (price / price_before - 1), 4) AS change_percent
FROM (
  SELECT index,
         max_by(close, ${order}) AS price,
         max_by(close, ${order}) FILTER (WHERE traded_at <= ${at(nowMs - overMs)}) AS price_before
  FROM ${quoted(lake.database)}.${quoted(lake.table)}
  WHERE (${hours.join(' OR ')})
      AND traded_at > ${at(nowMs - 2 * overMs)} AND traded_at <= ${at(nowMs)}${ofIndex}
  GROUP BY index
)
WHERE price_before > 0 AND 100 * (price / price_before - 1) ${sign} ${percent}
ORDER BY index`
}
