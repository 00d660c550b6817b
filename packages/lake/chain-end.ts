// Whether Kafka still has the landed record at its offset. A broker that lost the end of its log, in a power cut or an
// unclean election, gives the same offsets to other records.
import { type Claim, claimRows, shiftOf } from '@ticklake/contract/claim.ts'
import { type LastRecord, recordDigest, type ValidationRules } from '@ticklake/contract/last-record.ts'

/** A record that was claimed or read, with the rules that validated it. */
export interface LandedRecord extends LastRecord, ValidationRules {
  /** The offset up to which no record follows it, as far as was claimed or read; absent: it is the last. */
  readonly gapsTo?: number | undefined
}

/**
 * What Kafka has in a range of offsets: a record, the first one; no longer one (`absent`); or not all of the offsets yet
 * (`beyond-end`).
 */
export type FoundRecord =
  | {
      readonly offset?: number
      readonly timestampMs: number | undefined
      readonly value: Uint8Array | null
      readonly leaderEpoch?: number
    }
  | 'absent'
  | 'beyond-end'

/** Kafka's log is another one. */
export interface Replacement {
  readonly result: 'replaced'
  readonly why: string
  /** The highest offset at which the two logs can diverge. */
  readonly offset: number
}

/** `unknown`: Kafka has deleted or compacted the record, so there is nothing to compare with. */
export type Comparison =
  | { readonly result: 'same'; readonly leaderEpoch: number | undefined }
  | { readonly result: 'unknown' }
  | Replacement

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
    return {
      result: 'replaced',
      offset,
      why: `the record at offset ${offset} ${how}, and Kafka ends before it`,
    }
  }
  if (recordDigest(found, landed) === landed.sha256) return { result: 'same', leaderEpoch: found.leaderEpoch }
  const time = found.timestampMs === undefined ? '' : ` of ${new Date(found.timestampMs).toISOString()}`
  return {
    result: 'replaced',
    offset,
    why: `the record at offset ${offset} ${how}, and Kafka has another one${time} at this offset`,
  }
}

/**
 * Compares a record, and the gaps behind it: Kafka has no record there, unless its log is another one.
 * @param find the first record that Kafka has in [from, to)
 */
export async function compareEnd(
  landed: LandedRecord,
  find: (from: number, to: number) => Promise<FoundRecord>,
  how: RecordPast = 'has landed',
): Promise<Comparison> {
  const from = landed.offset + 1
  const compared = compareRecord(landed, await find(landed.offset, from), how)
  const { gapsTo = from } = landed
  if (compared.result === 'replaced' || gapsTo <= from) return compared
  return (await compareGaps({ from, to: gapsTo }, find, how)) ?? compared
}

/** Offsets [from, to) of Kafka that hold no record. */
export interface Gaps {
  readonly from: number
  readonly to: number
}

/** Undefined: Kafka has no record there. @param find the first record that Kafka has in [from, to) */
export async function compareGaps(
  { from, to }: Gaps,
  find: (from: number, to: number) => Promise<FoundRecord>,
  how: RecordPast,
): Promise<Replacement | undefined> {
  const found = await find(from, to)
  if (found === 'absent') return undefined
  const why = `no record ${how} from offset ${from} to ${to - 1}, and Kafka`
  if (found === 'beyond-end') return { result: 'replaced', offset: to - 1, why: `${why} ends before that` }
  const { offset = from } = found
  return { result: 'replaced', offset, why: `${why} has one at ${offset}` }
}

/** Whether a claim has only gaps and skipped records: what landed before it says whether Kafka has the chain's log. */
export function isSilent(claim: Claim): boolean {
  return !claim.last && !claim.begins && claimRows(claim) + claim.dead === 0
}

/** The claim by which a chain is compared with Kafka. */
export interface ComparableEnd {
  /** The newest one with a record, or the one that began the era if nothing has landed since. */
  readonly claim: Claim
  /** The claims behind it have only gaps up to this offset of the lake. */
  readonly gapsTo: number
}

/** The end of a chain. */
export interface ChainEnd {
  readonly newest: Claim
  /** Undefined: nothing has landed, or a release before 0.3.0 landed the last record. */
  readonly landed: ComparableEnd | undefined
}

/**
 * @param newestFirst the chain's claims; no more are read than are needed, mostly one
 * @returns undefined: there is none
 */
export async function chainEnd(newestFirst: AsyncIterable<Claim>): Promise<ChainEnd | undefined> {
  let newest: Claim | undefined
  let gapsTo = 0
  for await (const claim of newestFirst) {
    if (newest === undefined) gapsTo = claim.E
    newest ??= claim
    if (!isSilent(claim)) return { newest, landed: (claim.last ?? claim.begins) && { claim, gapsTo } }
    if (claim.skipped > 0) gapsTo = claim.S
  }
  return newest && { newest, landed: undefined }
}

/** What is compared of it, at its offset in Kafka; undefined if it is the beginning of an era. */
export function landedRecord({ claim, gapsTo }: ComparableEnd): LandedRecord | undefined {
  const { last, contract, aliases } = claim
  const shift = shiftOf(claim)
  return last && { ...last, offset: last.offset - shift, contract, aliases, gapsTo: gapsTo - shift }
}
