// Rejected records as lines of a dead-letter file, each whole.
import type { Claim } from '@ticklake/contract/claim.ts'
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'
import type { RejectedRecord } from '../batching/record-buffer.ts'

/** The line of a rejected record. */
export function deadLetter(claim: Claim, record: RejectedRecord): DeadLetter {
  return {
    topic: claim.topic,
    topicId: claim.topicId,
    partition: claim.partition,
    offset: record.offset,
    timestampMs: record.timestampMs ?? null,
    reason: record.reason,
    detail: record.detail,
    key: base64(record.key),
    value: base64(record.value),
    headers: record.headers.map(([name, value]) => [name, base64(value)]),
  }
}

/** The dead-letter file of a claim: one JSON line for each rejected record, by offset. */
export function deadFile(claim: Claim, rejected: readonly RejectedRecord[]): string {
  return rejected.map((record) => `${JSON.stringify(deadLetter(claim, record))}\n`).join('')
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64')
}
