// The free space of a disk, and the limits below which it is too little.
import { statfsSync } from 'node:fs'
import { reasonOf } from './errors.ts'

/** Servers are not started with less: Kafka's and Trino's own files, and some minutes of rows. */
export const LEAST_FREE_BYTES = 100_000_000
/** With less a disk counts as full: a service that writes there is not ready, and this may be why a server ended. */
export const FULL_BYTES = 8_000_000

/** The bytes that this user may still write there. @throws Error if the folder does not exist */
export function bytesLeft(dir: string): number {
  const { bavail, bsize } = statfsSync(dir)
  return bavail * bsize
}

/** undefined: enough space; a sentence: why a service that writes below `dir` is not ready. */
export function whyDiskFull(dir: string): string | undefined {
  let left: number
  try {
    left = bytesLeft(dir)
  } catch (error) {
    return `${dir} cannot be written to: ${reasonOf(error)}`
  }
  if (left >= FULL_BYTES) return undefined
  return `the disk of ${dir} is full: ${(left / 1e6).toFixed(1)} MB free, at least ${FULL_BYTES / 1e6} MB are needed`
}
