// Refused records: the dead file that keeps them whole, and the notice that tells of them.
import type { Claim } from '@ticklake/contract/claim.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { RefusedRecord } from '../batching/record-buffer.ts'

/** One line of a dead file. Bytes are base64, because a refused record may hold anything. */
export interface DeadLetter {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number | null
  readonly reason: string
  readonly detail: string
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

/** The line that is kept of a refused record. */
export function deadLetter(claim: Claim, record: RefusedRecord): DeadLetter {
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

/** The dead file of a claim: one JSON line a refused record, by offset. */
export function deadFile(claim: Claim, refused: readonly RefusedRecord[]): string {
  return refused.map((record) => `${JSON.stringify(deadLetter(claim, record))}\n`).join('')
}

/** The lines of a dead file. @throws Failure DEAD_FILE_UNREADABLE */
export function parseDeadFile(key: string, text: string | undefined): DeadLetter[] {
  try {
    if (text === undefined) throw new Error('it was listed, but is not there')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as DeadLetter)
  } catch (error) {
    throw new Failure({
      code: 'DEAD_FILE_UNREADABLE',
      what: `the dead file ${key} cannot be understood; its refused records are not shown`,
      why: reasonOf(error),
      remedy: 'put it back as the consumer wrote it; the dead-letter topic has a copy of the records',
      cause: error,
    })
  }
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64')
}
