// Sums up rejected records by reason, partition and hour.
import { hourOf } from '@ticklake/contract/keys.ts'
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'

export interface DeadLetterGroup {
  readonly reason: string
  readonly partition: number
  /** The UTC hour in which the broker appended them, or null if they have no timestamp. */
  readonly hour: string | null
  readonly records: number
  readonly firstOffset: number
  readonly lastOffset: number
}

export const groupColumns = ['reason', 'partition', 'hour', 'records', 'firstOffset', 'lastOffset'] as const

/** One group per reason, partition and hour; memory grows with the groups, not with the records. */
export async function summarize(deadLetters: AsyncIterable<DeadLetter>): Promise<DeadLetterGroup[]> {
  const groups = new Map<string, DeadLetterGroup>()
  for await (const { reason, partition, offset, timestampMs } of deadLetters) {
    const hour = hourText(timestampMs)
    const name = `${reason} ${partition} ${hour}`
    const before = groups.get(name)
    groups.set(name, {
      reason,
      partition,
      hour,
      records: (before?.records ?? 0) + 1,
      firstOffset: Math.min(before?.firstOffset ?? offset, offset),
      lastOffset: Math.max(before?.lastOffset ?? offset, offset),
    })
  }
  return [...groups.values()].sort(
    (a, b) =>
      a.reason.localeCompare(b.reason) ||
      a.partition - b.partition ||
      (a.hour ?? '').localeCompare(b.hour ?? ''),
  )
}

function hourText(timestampMs: number | null): string | null {
  if (timestampMs === null || timestampMs < 0 || timestampMs > 8.64e15) return null
  const { dt, hour } = hourOf(timestampMs)
  return `${dt} ${hour}:00`
}
