// What a claim stores about its last record, to recognize it in Kafka: an offset alone proves nothing after a broker
// has lost the end of its log and given the offsets to other records.
import { createHash } from 'node:crypto'
import { rejectTimestamp, validate } from './validation.ts'

/** The identity of a claim's last record, from what landed. */
export interface LastRecord {
  readonly offset: number
  /** SHA-256 of its timestamp, and of a row's canonical form or a rejected record's value; 64 hex digits. */
  readonly sha256: string
  /** The epoch of the leader that it was read from; absent if the client did not report it. */
  readonly leaderEpoch?: number
}

/** How the record was validated: under other rules the same bytes are another row, or none. */
export interface ValidationRules {
  readonly contract: number
  readonly aliases?: boolean | undefined
}

/** The digest of a record that was accepted as a row. */
export function rowDigest(timestampMs: number, canonical: Uint8Array): string {
  return digest('row', timestampMs, canonical)
}

/** The digest of a rejected record. */
export function rejectedDigest(timestampMs: number | undefined, value: Uint8Array | null): string {
  return digest(value === null ? 'null' : 'rejected', timestampMs, value)
}

/** The digest of Kafka's record, with the rules that validated it when it landed. */
export function recordDigest(
  { timestampMs, value }: { readonly timestampMs: number | undefined; readonly value: Uint8Array | null },
  { contract, aliases }: ValidationRules,
): string {
  if (rejectTimestamp(timestampMs)) return rejectedDigest(timestampMs, value)
  const result = validate(value, contract, aliases === true)
  return result.accepted ? rowDigest(timestampMs!, result.canonical) : rejectedDigest(timestampMs, value)
}

/** Whether a stored last record can be used: of the records [S,E). */
export function isLastRecord(last: unknown, S: number, E: number): last is LastRecord {
  const { offset, sha256, leaderEpoch } = (last ?? {}) as Partial<LastRecord>
  return (
    Number.isSafeInteger(offset) &&
    offset! >= S &&
    offset! < E &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    (leaderEpoch === undefined || Number.isSafeInteger(leaderEpoch))
  )
}

function digest(kind: string, timestampMs: number | undefined, bytes: Uint8Array | null): string {
  const known = timestampMs !== undefined && timestampMs >= 0 ? timestampMs : -1
  return createHash('sha256')
    .update(`${kind} ${known}\n`)
    .update(bytes ?? new Uint8Array())
    .digest('hex')
}
