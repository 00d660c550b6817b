import type { Manifest } from '@ticklake/contract/compaction.ts'
import { compactedKey } from '@ticklake/contract/keys.ts'
import { expect, test } from 'vitest'
import { auditLine, auditReport } from './audit.ts'
import { claimOf, factsOf, fixtureLake, groupOf, topicId } from './fabricated-lake.fixture.ts'
import type { RowGroup } from './object-check.ts'

const small = [claimOf(0, 0, 5), claimOf(0, 5, 9)]
const later = claimOf(0, 9, 12, { hour: '10' })
const path = { dt: '2026-11-21', hour: '09' }

function manifestOf(seq: number, claims: readonly (typeof later)[]): Manifest {
  const run = `00000${seq}-ab`
  const E = Math.max(...claims.map((claim) => claim.E))
  const replaced = claims.map((claim) => claim.files[0]!)
  const rows = replaced.reduce((sum, file) => sum + file.rows, 0)
  const key = compactedKey(fixtureLake, path, run, { topicId, partition: 0, S: 0, E }, 'parquet')
  return { v: 1, ...path, seq, run, files: [{ key, rows, replaced }] }
}

const manifest = manifestOf(1, small)
const file = manifest.files[0]!
const runGroup = (change: Partial<RowGroup> = {}): RowGroup => ({
  key: file.key,
  topicId,
  partition: 0,
  rows: 9,
  distinct: 9,
  min: 0,
  max: 8,
  ...change,
})
const compactedHours = [{ manifests: [manifest], isMarked: true }]
const all = [...small, later]
const rawKeys = small.map((claim) => claim.files[0]!.key)
const laterKey = later.files[0]!.key

test('a compacted hour is right, whether its small objects are already deleted or not', () => {
  for (const listed of [[laterKey], [...rawKeys, laterKey], [rawKeys[1]!, laterKey]]) {
    const report = auditReport(factsOf(all, { compactedHours, listed, groups: [runGroup(), groupOf(later)] }))
    expect(report.findings).toEqual([])
    expect(auditLine(report)).toBe('audit: produced 12, landed 12, dead 0, skipped 0, lost 0, twice 0')
  }
})

test('before the switch tables still read the small objects: they are compared with the claims', () => {
  const report = auditReport(factsOf(all, { compactedHours: [{ manifests: [manifest], isMarked: false }] }))
  expect(auditLine(report)).toContain('landed 12, dead 0, skipped 0, lost 0, twice 0')
  expect(report.findings).toEqual([])
})

test('rows that a run lacks are lost, and rows that it repeats are duplicates', () => {
  const listed = [laterKey]
  const short = factsOf(all, {
    compactedHours,
    listed,
    groups: [runGroup({ rows: 7, distinct: 7 }), groupOf(later)],
  })
  expect(auditLine(auditReport(short))).toContain('landed 10, dead 0, skipped 0, lost 2, twice 0')
  const double = factsOf(all, { compactedHours, listed, groups: [runGroup({ rows: 10 }), groupOf(later)] })
  expect(auditLine(auditReport(double))).toContain('lost 0, twice 1')
})

test('a missing run is lost: the hour was switched, and no row of it is read', () => {
  const report = auditReport(factsOf(all, { compactedHours, listed: [laterKey], groups: [groupOf(later)] }))
  expect(auditLine(report)).toContain('landed 3, dead 0, skipped 0, lost 9, twice 0')
})

test('late rows beside a missing run are late, not lost', () => {
  const late = claimOf(0, 12, 14)
  const listed = [laterKey, late.files[0]!.key]
  const report = auditReport(factsOf([...all, late], { compactedHours, listed, groups: [groupOf(later)] }))
  expect(auditLine(report)).toBe('audit: produced 14, landed 3, dead 0, skipped 0, lost 9, twice 0, late 2')
})

test('a table that reads both the run and the small objects counts duplicates, and the audit says so', () => {
  const groups = [runGroup(), ...small.map((claim) => groupOf(claim)), groupOf(later)]
  expect(auditLine(auditReport(factsOf(all, { compactedHours, groups })))).toContain('lost 0, twice 9')
})

test('rows that came into a compacted hour are late, not lost, and not landed yet', () => {
  const late = claimOf(0, 12, 14)
  const listed = [laterKey, late.files[0]!.key]
  const report = auditReport(
    factsOf([...all, late], { compactedHours, listed, groups: [runGroup(), groupOf(later)] }),
  )
  expect(report.findings).toEqual([])
  expect([...report.lateHours]).toEqual(['2026-11-21-09'])
  expect(auditLine(report)).toBe('audit: produced 14, landed 12, dead 0, skipped 0, lost 0, twice 0, late 2')
})

test('a late object that is not in the bucket is lost, not late', () => {
  const late = claimOf(0, 12, 14)
  const facts = factsOf([...all, late], {
    compactedHours,
    listed: [laterKey],
    groups: [runGroup(), groupOf(later)],
  })
  expect(auditLine(auditReport(facts))).toBe(
    'audit: produced 14, landed 12, dead 0, skipped 0, lost 2, twice 0',
  )
})

test('during a second switch tables read the previous run', () => {
  const second = manifestOf(2, small)
  const hours = [{ manifests: [manifest, second], isMarked: false }]
  const report = auditReport(
    factsOf(all, { compactedHours: hours, listed: [laterKey], groups: [runGroup(), groupOf(later)] }),
  )
  expect(auditLine(report)).toContain('landed 12, dead 0, skipped 0, lost 0, twice 0')
})

test('a manifest with fewer rows for an object than its claim is found', () => {
  const wrong = {
    ...manifest,
    files: [{ ...file, rows: 8, replaced: [{ ...file.replaced[0]!, rows: 4 }, file.replaced[1]!] }],
  }
  const report = auditReport(
    factsOf(all, {
      compactedHours: [{ manifests: [wrong], isMarked: true }],
      listed: [laterKey],
      groups: [runGroup({ rows: 8, distinct: 8 }), groupOf(later)],
    }),
  )
  expect(report.findings[0]?.what).toMatch(/had 4 rows, but its claims say 5/)
  expect(report.lost).toBe(1)
})
