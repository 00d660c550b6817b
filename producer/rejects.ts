// Writes every skipped row to a file; the log names only the first ones.
import { closeSync, openSync, writeSync } from 'node:fs'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { SkippedRow } from './message.ts'

export interface Rejects extends Disposable {
  write(row: SkippedRow): void
}

/** @param path overwritten; undefined writes nothing @throws Failure REJECTS_UNWRITABLE */
export function openRejects(path: string | undefined): Rejects {
  if (path === undefined) return { write() {}, [Symbol.dispose]() {} }
  let file: number
  try {
    file = openSync(path, 'w')
  } catch (error) {
    throw new Failure({
      code: 'REJECTS_UNWRITABLE',
      what: `the file for skipped rows cannot be written; nothing was produced`,
      why: reasonOf(error),
      remedy: 'change --rejects (PRODUCER_REJECTS)',
      cause: error,
    })
  }
  return {
    write: (row) => writeSync(file, `${JSON.stringify(row)}\n`),
    [Symbol.dispose]: () => closeSync(file),
  }
}
