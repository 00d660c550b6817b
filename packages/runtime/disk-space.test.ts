// A full disk is reported by its path and by what is left of it.
import { expect, test } from 'vitest'
import { bytesLeft, whyDiskFull } from './disk-space.ts'

test('a full disk is reported with its path and what is free', () => {
  // No file can be created in /proc, which reports no free block.
  expect(whyDiskFull('/proc')).toBe('the disk of /proc is full: 0.0 MB free, at least 8 MB are needed')
})

test('a disk with free space is no problem, a missing folder is named', () => {
  expect(bytesLeft(import.meta.dirname)).toBeGreaterThan(8_000_000)
  expect(whyDiskFull(import.meta.dirname)).toBeUndefined()
  expect(whyDiskFull('/no/such/folder')).toMatch(/^\/no\/such\/folder cannot be written to: ENOENT/)
})
