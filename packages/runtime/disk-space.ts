// How much room a disk has, and when that is too little: the one place for both numbers.
import { statfsSync } from 'node:fs'
import { reasonOf } from './errors.ts'

/** Servers are not started with less: Kafka's and Trino's own files, and some minutes of rows. */
export const LEAST_FREE_BYTES = 100_000_000
/** With less a disk is full: a service that writes there is not ready, and so little explains why a server ended. */
export const FULL_BYTES = 8_000_000

/** What this user may still write there. @throws Error when there is no such folder */
export function bytesLeft(dir: string): number {
  const { bavail, bsize } = statfsSync(dir)
  return bavail * bsize
}

/** undefined: there is room; a sentence: why a service that writes below `dir` is not ready. */
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
