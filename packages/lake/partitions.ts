// The Hive partitions of the table: which hours should exist, and each one's form in Glue.
import type { PartitionInput, StorageDescriptor } from '@aws-sdk/client-glue'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { type HourPath, hourOf, hourPrefix, type Lake, tablePrefix } from '@ticklake/contract/keys.ts'

const HOUR_MS = 3_600_000

/**
 * The hour before `nowMs`, its own, and `ahead` after it, in UTC. The one before is for a broker whose clock is behind.
 */
export function hoursAround(nowMs: number, ahead: number): HourPath[] {
  return Array.from({ length: ahead + 2 }, (_, i) => hourOf(nowMs + (i - 1) * HOUR_MS))
}

/** The hour as one word, in the order of time: `2026-11-21-09`. */
export function hourName(path: HourPath): string {
  return `${path.dt}-${path.hour}`
}

/** The hour that begins a `dt=…/hour=…/` prefix or a key below it; undefined for any other key. */
export function hourOfKey(lake: Lake, key: string): HourPath | undefined {
  const prefix = tablePrefix(lake)
  if (!key.startsWith(prefix)) return undefined
  const match = /^dt=(\d{4}-\d\d-\d\d)\/hour=([01]\d|2[0-3])\//.exec(key.slice(prefix.length))
  if (!match || Number.isNaN(Date.parse(`${match[1]}T00:00:00Z`))) return undefined
  return { dt: match[1]!, hour: match[2]! }
}

/** The Glue partition of an hour: the table's own storage, at the hour's folder. */
export function partitionInput(
  lake: Pick<LakeConfig, 'bucket' | 'prefix' | 'dataset'>,
  path: HourPath,
  storage: StorageDescriptor,
): PartitionInput {
  return {
    Values: [path.dt, path.hour],
    StorageDescriptor: { ...storage, Location: `s3://${lake.bucket}/${hourPrefix(lake, path)}` },
  }
}
