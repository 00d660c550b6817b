// Builds the claim of a batch: which records go into which objects.
import { randomUUID } from 'node:crypto'
import type { LakeFormat } from '@ticklake/aws/config.ts'
import {
  CLAIM_VERSION,
  type Claim,
  type ClaimFile,
  ERA_CLAIM_VERSION,
  type Era,
  type EraStart,
  shiftOf,
} from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { dataKey, fileExtensions, type Lake, type OffsetRange, recordKey } from '@ticklake/contract/keys.ts'
import { release } from '@ticklake/runtime/release.ts'
import type { RecordBuffer } from '../batching/record-buffer.ts'
import type { Ability } from './claim-protocol.ts'

/** The encoder of a claim's files: another release that names the same one writes the same rows under the same keys. */
export const encoderNames: Record<LakeFormat, string> = {
  parquet: 'parquet/1',
  jsonl: 'jsonl/1',
  'json-object': 'json-object/1',
}

/** What a consumer lands, and where: the same for all of its claims. */
export interface LandingTarget {
  readonly lake: Lake
  readonly format: LakeFormat
  readonly topic: string
  readonly topicId: string
  /** Whether messages with other names for the fields are accepted. */
  readonly aliases?: boolean
}

/** What this release can do with a claim that another consumer wrote. */
export function abilityFor(target: LandingTarget, claim: Claim): Ability {
  if (claim.contract > CONTRACT_VERSION) return 'too-new'
  return claim.encoder === encoderNames[target.format] ? 'writes' : 'cannot-write'
}

/**
 * The claim of everything in the buffer: [start, cursor). The buffer must not be empty.
 * @param leaderEpochAt the leader epoch of the record at an offset, if known
 * @param era the one that the records were read in
 */
export function buildClaim(
  target: LandingTarget,
  partition: number,
  buffer: RecordBuffer,
  leaderEpochAt: (offset: number) => number | undefined = () => undefined,
  era?: Era,
): Claim {
  const range = { topicId: target.topicId, partition, S: buffer.start, E: buffer.cursor }
  const dead = buffer.rejected.length
  const last = buffer.lastRecord()
  const leaderEpoch = last && leaderEpochAt(last.offset)
  return {
    ...headOf(target, range),
    ...(era && { v: ERA_CLAIM_VERSION, era }),
    ...(target.aliases && { aliases: true as const }),
    files: filesOf(target, range, buffer),
    dead,
    gaps: range.E - range.S - buffer.rows - dead,
    skipped: 0,
    ...(last && { last: { ...last, ...(leaderEpoch !== undefined && { leaderEpoch }) } }),
  }
}

/** What every claim has: the partition of its records, and the release that wrote it. */
function headOf(
  target: LandingTarget,
  { topicId, partition, S, E }: OffsetRange,
): Omit<Claim, 'files' | 'dead' | 'gaps' | 'skipped'> {
  return {
    v: CLAIM_VERSION,
    topic: target.topic,
    topicId,
    partition,
    S,
    E,
    nonce: randomUUID(),
    encoder: encoderNames[target.format],
    contract: CONTRACT_VERSION,
    release,
  }
}

/** The claim that begins the next era after this one. @param begins the Kafka offset at which the logs diverge */
export function buildEra(target: LandingTarget, last: Claim, begins: EraStart): Claim {
  const { partition, E: S } = last
  const E = S + 1
  return {
    ...headOf(target, { topicId: target.topicId, partition, S, E }),
    v: ERA_CLAIM_VERSION,
    files: [],
    dead: 0,
    gaps: 1,
    skipped: 0,
    era: {
      number: (last.era?.number ?? 0) + 1,
      shift: E - begins.kafkaOffset,
      landedBefore: Math.max(last.era?.landedBefore ?? 0, last.E - shiftOf(last)),
    },
    begins,
  }
}

/** The claim of records that are skipped on purpose. */
export function buildSkip(
  target: LandingTarget,
  partition: number,
  S: number,
  E: number,
  reason: string,
  era?: Era,
): Claim {
  return {
    ...headOf(target, { topicId: target.topicId, partition, S, E }),
    ...(era && { v: ERA_CLAIM_VERSION, era }),
    files: [],
    dead: 0,
    gaps: 0,
    skipped: E - S,
    reason,
  }
}

function filesOf(target: LandingTarget, range: OffsetRange, buffer: RecordBuffer): ClaimFile[] {
  return buffer.rowsByHour().map(({ path, rows }) => ({
    key:
      target.format === 'json-object'
        ? recordKey(target.lake, path, range.topicId, range.partition, '{offset}')
        : dataKey(target.lake, path, range, fileExtensions[target.format]),
    rows,
  }))
}
