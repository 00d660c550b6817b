import { expect, test } from 'vitest'
import { differences, partitionsToAdd } from './topic.ts'

const wanted = {
  partitions: 3,
  replication: 1,
  retentionMs: 604_800_000,
  timestampType: 'LogAppendTime',
} as const
const found = {
  name: 'stock-ticks',
  id: '0'.repeat(32),
  partitions: 3,
  replication: 1,
  timestampType: 'LogAppendTime',
  retentionMs: '604800000',
  rows: 0n,
}

test('a topic as configured needs no change', () => {
  expect(differences(wanted, found)).toEqual([])
  expect(partitionsToAdd(wanted, found, false)).toBe(0)
})

test('settings that differ are named, with both values', () => {
  expect(differences(wanted, { ...found, timestampType: 'CreateTime', retentionMs: '-1' })).toEqual([
    { setting: 'message.timestamp.type', wanted: 'LogAppendTime', found: 'CreateTime' },
    { setting: 'retention.ms', wanted: '604800000', found: '-1' },
  ])
})

test('partitions are never removed, and added only on request', () => {
  expect(() => partitionsToAdd(wanted, { ...found, partitions: 4 }, true)).toThrow('keeps its 4 partitions')
  expect(() => partitionsToAdd(wanted, { ...found, partitions: 2 }, false)).toThrow('has 2 partitions, not 3')
  expect(partitionsToAdd(wanted, { ...found, partitions: 2 }, true)).toBe(1)
})
