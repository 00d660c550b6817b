// Reads dead-letter files: their list, and the rejected records in them, one JSON line each.

import { fromOldVersion } from '@ticklake/aws/old-versions.ts'
import { deadPrefix, type Lake, type OffsetRange, parseDeadKey } from '@ticklake/contract/keys.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { ObjectSource } from './object-source.ts'

/** A line of a dead-letter file. Bytes are in base64, because a rejected record may have any content. */
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

/** Each dead-letter file with the range in its name, in key order. */
export async function* listDeadFiles<T extends { readonly key: string }>(
  source: Omit<ObjectSource, 'list'> & { list(prefix: string): AsyncIterable<T> },
  lake: Lake,
): AsyncGenerator<T & { readonly range: OffsetRange | undefined }> {
  for await (const listed of source.list(deadPrefix(lake))) {
    yield { ...listed, range: parseDeadKey(listed.key) }
  }
}

export interface DeadFile {
  readonly letters: readonly DeadLetter[]
  readonly lines: number
  /** The error of the first unreadable line; undefined: all are readable. */
  readonly fault: string | undefined
}

/** The lines of a dead-letter file; an unreadable one hides no other. */
export function parseDeadFile(text: string): DeadFile {
  const lines = text.split('\n').filter((line) => line !== '')
  const letters: DeadLetter[] = []
  let fault: string | undefined
  for (const [i, line] of lines.entries()) {
    try {
      const letter = JSON.parse(line) as DeadLetter
      if (!Number.isSafeInteger(letter?.offset) || !Number.isSafeInteger(letter.partition)) {
        throw new Error('it is not a JSON object with a partition and an offset')
      }
      letters.push(letter)
    } catch (error) {
      fault ??= `line ${i + 1}: ${reasonOf(error)}`
    }
  }
  return { letters, lines: lines.length, fault }
}

/**
 * All rejected records of a dead-letter file, for callers that must not skip one. @param text undefined if the object
 * does not exist
 * @throws Failure DEAD_FILE_UNREADABLE
 */
export function allDeadLetters(key: string, text: string | undefined): readonly DeadLetter[] {
  const { letters, fault } =
    text === undefined ? { letters: [], fault: 'it was listed, but does not exist' } : parseDeadFile(text)
  if (fault === undefined) return letters
  throw new Failure({
    code: 'DEAD_FILE_UNREADABLE',
    what: `the dead-letter file ${key} cannot be read; its rejected records are not shown`,
    why: fault,
    remedy: `restore it ${fromOldVersion}; the dead-letter topic has a copy of the records`,
  })
}
