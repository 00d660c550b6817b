// Whether Kafka still has the landed record at its offset. A broker that lost the end of its log, in a power cut or an
// unclean election, gives the same offsets to other records.
import { type Claim, claimRows } from '@ticklake/contract/claim.ts'
import { type LastRecord, recordDigest, type ValidationRules } from '@ticklake/contract/last-record.ts'

/** A record that was claimed or read, with the rules that validated it. */
export type LandedRecord = Pick<LastRecord, 'offset' | 'sha256'> & ValidationRules

/** What Kafka has at an offset: a record, no longer one (`absent`), or not yet one (`beyond-end`). */
export type FoundRecord =
  | {
      readonly timestampMs: number | undefined
      readonly value: Uint8Array | null
      readonly leaderEpoch?: number
    }
  | 'absent'
  | 'beyond-end'

/** `unknown`: Kafka has deleted or compacted the record, so there is nothing to compare with. */
export type Comparison =
  | { readonly result: 'same' | 'unknown' }
  | { readonly result: 'replaced'; readonly why: string }

/** What has happened to a record before it is compared. */
export type RecordPast = 'has landed' | 'was read'

/** Pure. */
export function compareRecord(
  landed: LandedRecord,
  found: FoundRecord,
  how: RecordPast = 'has landed',
): Comparison {
  const { offset } = landed
  if (found === 'absent') return { result: 'unknown' }
  if (found === 'beyond-end') {
    return { result: 'replaced', why: `the record at offset ${offset} ${how}, and Kafka ends before it` }
  }
  if (recordDigest(found, landed) === landed.sha256) return { result: 'same' }
  const time = found.timestampMs === undefined ? '' : ` of ${new Date(found.timestampMs).toISOString()}`
  return {
    result: 'replaced',
    why: `the record at offset ${offset} ${how}, and Kafka has another one${time} at this offset`,
  }
}

/** Whether a claim has only gaps and skipped records: what landed before it says whether Kafka has the chain's log. */
export function isSilent(claim: Claim): boolean {
  return !claim.begins && claimRows(claim) + claim.dead === 0
}

/**
 * The claim by which a chain is compared with Kafka: the newest one with a record, or the one that began the era if
 * nothing has landed since.
 * @param tail the newest claim
 * @param newestFirst the chain's claims; read only if the tail is silent, and no further than needed
 * @returns undefined: nothing has landed, or a release before 0.3.0 landed the last record
 */
export async function comparableClaim(
  tail: Claim,
  newestFirst: () => AsyncIterable<Claim>,
): Promise<Claim | undefined> {
  for await (const claim of isSilent(tail) ? newestFirst() : [tail]) {
    if (!isSilent(claim)) return (claim.last ?? claim.begins) && claim
  }
  return undefined
}
