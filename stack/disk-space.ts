// Whether the disk has room for what the servers write: on a full disk they die with errors that nobody understands.
import { mkdirSync } from 'node:fs'
import { bytesLeft, FULL_BYTES, LEAST_FREE_BYTES } from '@ticklake/runtime/disk-space.ts'
import { Failure } from '@ticklake/runtime/errors.ts'

/** @throws Failure DISK_FULL before anything is started there */
export function requireDiskSpace(dir: string): void {
  mkdirSync(dir, { recursive: true })
  const left = bytesLeft(dir)
  if (left >= LEAST_FREE_BYTES) return
  throw diskFull(dir, left, 'there is no room for what the servers write; nothing was started')
}

/** The Failure if a full disk is the cause, else undefined. @param what happened */
export function fullDisk(dir: string, what: string): Failure | undefined {
  const left = bytesLeft(dir)
  return left < FULL_BYTES ? diskFull(dir, left, what) : undefined
}

function diskFull(dir: string, left: number, what: string): Failure {
  return new Failure({
    code: 'DISK_FULL',
    what,
    why: `the disk of ${dir} has ${(left / 1e6).toFixed(1)} MB left; at least ${LEAST_FREE_BYTES / 1e6} are needed`,
    remedy:
      'free space there (df -h; `make clean-data` deletes the lake and the topics), or set TICKLAKE_HOME to another folder',
  })
}
