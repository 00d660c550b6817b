// The claims and rejected records that the dashboard shows, newest first.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import { fromOldVersion } from '@ticklake/aws/old-versions.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { claimRows } from '@ticklake/contract/claim.ts'
import { claimStart } from '@ticklake/contract/keys.ts'
import { readLinks } from '@ticklake/lake/chains.ts'
import { type ChainLink, claimKeys } from '@ticklake/lake/claims.ts'
import { type DeadLetter, listDeadFiles, parseDeadFile } from '@ticklake/lake/dead-files.ts'
import type { ClaimRow, DeadLetterRow, DeadLetters, Problem } from './wire.ts'

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
): Promise<ClaimRow[]> {
  const keys: string[] = []
  for await (const key of claimKeys(bucket, lake, topicId, partition)) {
    if (before !== undefined && claimStart(key) >= before) continue
    keys.push(key)
    if (keys.length === CLAIMS_SHOWN) break
  }
  return (await readLinks(bucket, keys)).map((link) => claimRow(partition, link))
}

function claimRow(partition: number, { S, claim, fault, ageMs = 0 }: ChainLink): ClaimRow {
  if (!claim) {
    const none = { rows: 0, dead: 0, gaps: 0, skipped: 0, reason: null, files: [], encoder: '' }
    return { partition, S, E: S, ...none, ageMs, fault }
  }
  const { E, dead, gaps, skipped, reason = null, files, encoder } = claim
  const rows = claimRows(claim)
  return { partition, S, E, rows, dead, gaps, skipped, reason, files, encoder, ageMs, fault: null }
}

/**
 * The newest rejected records. Files are read one at a time, first the newest of each partition, then the next of each,
 * until there are enough dead letters: a file may be large.
 */
export async function readDeadLetters(bucket: Bucket, lake: LakeConfig): Promise<DeadLetters> {
  const unread = await deadFilesByPartition(bucket, lake)
  const files = unread.reduce((sum, keys) => sum + keys.length, 0)
  const byReason: Record<string, number> = {}
  const problems: Problem[] = []
  let letters: DeadLetterRow[] = []
  let lettersRead = 0
  let filesRead = 0
  while (filesRead < Math.min(files, DEAD_FILES_READ) && letters.length < DEAD_LETTERS_SHOWN) {
    for (const keys of unread) {
      if (filesRead === DEAD_FILES_READ) break
      const key = keys.pop()
      if (key === undefined) continue
      filesRead++
      const read = await readDeadFile(bucket, key)
      if (read.problem) problems.push(read.problem)
      for (const { reason } of read.letters) byReason[reason] = (byReason[reason] ?? 0) + 1
      lettersRead += read.letters.length
      letters = newestOf([...letters, ...read.letters])
    }
  }
  return { files, letters, byReason, problems, truncated: files > filesRead || lettersRead > letters.length }
}

/** The keys of each partition, the oldest first, as they are listed. */
async function deadFilesByPartition(bucket: Bucket, lake: LakeConfig): Promise<string[][]> {
  const keysOf = new Map<string, string[]>()
  for await (const { key, range } of listDeadFiles(bucket, lake)) {
    if (!range) continue
    const partition = `${range.topicId}-${range.partition}`
    const keys = keysOf.get(partition)
    if (keys) keys.push(key)
    else keysOf.set(partition, [key])
  }
  return [...keysOf.values()]
}

function newestOf(letters: DeadLetterRow[]): DeadLetterRow[] {
  return letters
    .sort((a, b) => (b.timestampMs ?? 0) - (a.timestampMs ?? 0) || b.offset - a.offset)
    .slice(0, DEAD_LETTERS_SHOWN)
}

/** Its rejected records; an unreadable line hides no other, and is reported. */
async function readDeadFile(
  bucket: Bucket,
  file: string,
): Promise<{ letters: DeadLetterRow[]; problem: Problem | undefined }> {
  const stored = await bucket.text(file)
  const { letters, lines, fault } = parseDeadFile(stored?.text ?? '')
  const shown = letters.map((letter) => deadLetter(letter, file))
  if (fault === undefined) return { letters: shown, problem: undefined }
  const problem = {
    code: 'DEAD_FILE_UNREADABLE',
    what: `${lines - letters.length} of the ${lines} lines of ${file} cannot be read; all others are shown`,
    why: fault,
    remedy: `restore the file ${fromOldVersion}`,
  }
  return { letters: shown, problem }
}

function deadLetter(line: DeadLetter, file: string): DeadLetterRow {
  const value = line.value === null ? null : Buffer.from(line.value, 'base64')
  return {
    topic: line.topic,
    partition: line.partition,
    offset: line.offset,
    timestampMs: line.timestampMs,
    reason: line.reason,
    detail: line.detail,
    key: line.key === null ? null : readable(Buffer.from(line.key, 'base64')),
    value: value === null ? null : readable(value),
    valueBytes: value?.length ?? 0,
    file,
  }
}

/** Text unchanged; other bytes as hex, to be readable. */
function readable(bytes: Buffer): string {
  const some = bytes.subarray(0, VALUE_BYTES_SHOWN)
  const text = some.toString('utf8')
  const shown = text.includes('\ufffd') && some.length === bytes.length ? `0x${some.toString('hex')}` : text
  return bytes.length > some.length ? `${shown}…` : shown
}
