// The claims and the refused records as people read them: newest first, with their content in words.
import { claimRows, parseClaim } from '@ticklake/contract/claim.ts'
import { claimStart, claimsPrefix, deadPrefix, parseDeadKey } from '@ticklake/contract/keys.ts'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import type { LakeConfig } from '@ticklake/runtime/lake.ts'
import type { Bucket } from '../s3.ts'
import type { ClaimView, DeadLetters, DeadLetterView } from './wire.ts'

const CLAIMS_SHOWN = 50
const DEAD_FILES_READ = 40
const DEAD_LETTERS_SHOWN = 500
const VALUE_BYTES_SHOWN = 2_048

/** The newest claims of a partition; with `before`, those that start below that offset. */
export async function readClaims(
  bucket: Bucket,
  lake: LakeConfig,
  topicId: string,
  partition: number,
  before: number | undefined,
): Promise<ClaimView[]> {
  const prefix = claimsPrefix(lake, topicId, partition)
  const keys: string[] = []
  for await (const { key } of bucket.list(prefix)) {
    if (before !== undefined && claimStart(key) >= before) continue
    keys.push(key)
    if (keys.length === CLAIMS_SHOWN) break
  }
  return Promise.all(keys.map((key) => readClaim(bucket, key, partition)))
}

async function readClaim(bucket: Bucket, key: string, partition: number): Promise<ClaimView> {
  const S = claimStart(key)
  const stored = await bucket.text(key)
  const none = {
    partition,
    S,
    E: S,
    rows: 0,
    dead: 0,
    gaps: 0,
    skipped: 0,
    reason: null,
    files: [],
    encoder: '',
  }
  if (!stored) return { ...none, ageMs: 0, fault: 'it was listed, but is not there' }
  try {
    const claim = parseClaim(stored.text)
    return {
      partition,
      S,
      E: claim.E,
      rows: claimRows(claim),
      dead: claim.dead,
      gaps: claim.gaps,
      skipped: claim.skipped,
      reason: claim.reason ?? null,
      files: claim.files,
      encoder: claim.encoder,
      ageMs: stored.ageMs,
      fault: null,
    }
  } catch (error) {
    return { ...none, ageMs: stored.ageMs, fault: reasonOf(error) }
  }
}

/** Refused records, the newest offsets of each partition first: what, why, from where. */
export async function readDeadLetters(bucket: Bucket, lake: LakeConfig): Promise<DeadLetters> {
  const keys: { key: string; S: number }[] = []
  for await (const { key } of bucket.list(deadPrefix(lake))) {
    const range = parseDeadKey(key)
    if (range) keys.push({ key, S: range.S })
  }
  const newest = keys.sort((a, b) => b.S - a.S).slice(0, DEAD_FILES_READ)
  const letters = (await Promise.all(newest.map(({ key }) => readDeadFile(bucket, key)))).flat()
  const byReason: Record<string, number> = {}
  for (const { reason } of letters) byReason[reason] = (byReason[reason] ?? 0) + 1
  letters.sort((a, b) => (b.timestampMs ?? 0) - (a.timestampMs ?? 0) || b.offset - a.offset)
  return {
    files: keys.length,
    letters: letters.slice(0, DEAD_LETTERS_SHOWN),
    byReason,
    truncated: keys.length > newest.length || letters.length > DEAD_LETTERS_SHOWN,
  }
}

/** A line of a dead file, as the consumer writes it. */
interface DeadLine {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number | null
  readonly reason: string
  readonly detail: string
  readonly key: string | null
  readonly value: string | null
}

async function readDeadFile(bucket: Bucket, file: string): Promise<DeadLetterView[]> {
  const stored = await bucket.text(file)
  const lines = (stored?.text ?? '').split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const letter = JSON.parse(line) as DeadLine
    const value = letter.value === null ? null : Buffer.from(letter.value, 'base64')
    return {
      topic: letter.topic,
      partition: letter.partition,
      offset: letter.offset,
      timestampMs: letter.timestampMs,
      reason: letter.reason,
      detail: letter.detail,
      key: letter.key === null ? null : readable(Buffer.from(letter.key, 'base64')),
      value: value === null ? null : readable(value),
      valueBytes: value?.length ?? 0,
      file,
    }
  })
}

/** Text as it is; other bytes as hex, because nobody can read them otherwise. */
function readable(bytes: Buffer): string {
  const some = bytes.subarray(0, VALUE_BYTES_SHOWN)
  const text = some.toString('utf8')
  const shown = text.includes('\ufffd') && some.length === bytes.length ? `0x${some.toString('hex')}` : text
  return bytes.length > some.length ? `${shown}…` : shown
}
