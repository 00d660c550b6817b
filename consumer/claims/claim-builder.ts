// Turns buffered records into the claim that says where each of them goes.
import { randomUUID } from 'node:crypto'
import type { LakeFormat } from '@ticklake/aws/config.ts'
import { CLAIM_VERSION, type Claim, type ClaimFile } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { dataKey, fileExtensions, type Lake, type OffsetRange, recordKey } from '@ticklake/contract/keys.ts'
import { release } from '@ticklake/runtime/release.ts'
import type { RecordBuffer } from '../batching/record-buffer.ts'
import type { Ability } from './claim-protocol.ts'

/** Who writes a claim's files: another release that names the same encoder writes the same rows into the same keys. */
export const encoderNames: Record<LakeFormat, string> = {
  parquet: 'parquet/1',
  jsonl: 'jsonl/1',
  'json-object': 'json-object/1',
}

/** What all claims of one consumer have in common. */
export interface Plan {
  readonly lake: Lake
  readonly format: LakeFormat
  readonly topic: string
  readonly topicId: string
  /** Whether messages with other names for the fields are accepted. */
  readonly aliases?: boolean
}

/** What this release can do with a claim that somebody wrote down. */
export function abilityFor(plan: Plan, claim: Claim): Ability {
  if (claim.contract > CONTRACT_VERSION) return 'too-new'
  return claim.encoder === encoderNames[plan.format] ? 'writes' : 'cannot-write'
}

/** The claim of everything in the buffer: [start, cursor). The buffer must not be empty. */
export function planClaim(plan: Plan, partition: number, buffer: RecordBuffer): Claim {
  const range = { topicId: plan.topicId, partition, S: buffer.start, E: buffer.cursor }
  const dead = buffer.refused.length
  return {
    v: CLAIM_VERSION,
    topic: plan.topic,
    ...range,
    nonce: randomUUID(),
    encoder: encoderNames[plan.format],
    contract: CONTRACT_VERSION,
    ...(plan.aliases && { aliases: true as const }),
    release,
    files: planFiles(plan, range, buffer),
    dead,
    gaps: range.E - range.S - buffer.rows - dead,
    skipped: 0,
  }
}

/** The claim of a range that is left out on purpose. */
export function planSkip(plan: Plan, partition: number, S: number, E: number, reason: string): Claim {
  return {
    v: CLAIM_VERSION,
    topic: plan.topic,
    topicId: plan.topicId,
    partition,
    S,
    E,
    nonce: randomUUID(),
    encoder: encoderNames[plan.format],
    contract: CONTRACT_VERSION,
    release,
    files: [],
    dead: 0,
    gaps: 0,
    skipped: E - S,
    reason,
  }
}

function planFiles(plan: Plan, range: OffsetRange, buffer: RecordBuffer): ClaimFile[] {
  return buffer.rowsByHour().map(({ path, rows }) => ({
    key:
      plan.format === 'json-object'
        ? recordKey(plan.lake, path, range.topicId, range.partition, '{offset}')
        : dataKey(plan.lake, path, range, fileExtensions[plan.format]),
    rows,
  }))
}
