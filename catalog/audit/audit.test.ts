// The audit on fabricated lakes: lost and duplicate rows are counted exactly, and work in flight is no finding.
import { dataKey, deadKey } from '@ticklake/contract/keys.ts'
import { expect, test } from 'vitest'
import { type AuditFacts, auditLine, auditReport } from './audit.ts'
import { claimOf, factsOf, fixtureLake, groupOf, topicId } from './fabricated-lake.fixture.ts'

const [a, b, c] = [claimOf(0, 0, 100), claimOf(0, 100, 250), claimOf(1, 0, 40)]

/** The line and the kinds of findings; the sums must always add up to what was produced. */
function reported(facts: AuditFacts) {
  const report = auditReport(facts)
  const { produced, landed, dead, skipped, lost, waiting } = report
  expect(landed + dead + skipped + lost + waiting).toBe(produced)
  return { line: auditLine(report), kinds: report.findings.map(({ kind }) => kind), report }
}

test('a lake in order has no finding', () => {
  const { line, kinds } = reported(factsOf([a, b, c]))
  expect(line).toBe('audit: produced 290, landed 290, dead 0, skipped 0, lost 0, twice 0')
  expect(kinds).toEqual([])
})

test('a deleted object is lost with exactly its rows, and named with what to do', () => {
  const { line, report } = reported(
    factsOf([a, b, c], { listed: [a.files[0]!.key, c.files[0]!.key], groups: [groupOf(a), groupOf(c)] }),
  )
  expect(line).toBe('audit: produced 290, landed 140, dead 0, skipped 0, lost 150, twice 0')
  expect(report.findings).toEqual([expect.objectContaining({ kind: 'lost', lost: 150 })])
  expect(report.findings[0]!.what).toContain(b.files[0]!.key)
  expect(report.findings[0]!.remedy).toContain('start the consumer')
})

test('an object copied under another name counts exactly its rows as duplicates', () => {
  const key = 'lake/ticks/dt=2026-11-21/hour=09/copy.parquet'
  const { line, report } = reported(
    factsOf([a, b, c], { groups: [groupOf(a), groupOf(b), groupOf(c), groupOf(a, { key })] }),
  )
  expect(line).toBe('audit: produced 290, landed 290, dead 0, skipped 0, lost 0, twice 100')
  expect(report.findings).toEqual([expect.objectContaining({ kind: 'unlisted', twice: 100 })])
  expect(report.findings[0]!.remedy).toContain('aws s3 rm')
})

test('a renamed object is neither lost nor duplicated, but wrong', () => {
  const key = 'lake/ticks/dt=2026-11-21/hour=09/renamed.parquet'
  const { line, report } = reported(
    factsOf([a, b], { listed: [b.files[0]!.key, key], groups: [groupOf(b), groupOf(a, { key })] }),
  )
  expect(line).toBe('audit: produced 250, landed 250, dead 0, skipped 0, lost 0, twice 0')
  expect(report.findings).toEqual([expect.objectContaining({ kind: 'unlisted', lost: 0, twice: 0 })])
  expect(report.findings[0]!.remedy).toContain('aws s3 mv')
})

test('one object deleted and another copied: both numbers at once', () => {
  const key = 'lake/ticks/dt=2026-11-21/hour=10/copy.parquet'
  const { line } = reported(factsOf([a, b, c], { groups: [groupOf(b), groupOf(c), groupOf(c, { key })] }))
  expect(line).toBe('audit: produced 290, landed 190, dead 0, skipped 0, lost 100, twice 40')
})

test('an object with rows repeated inside, and one cut short', () => {
  const repeated = groupOf(a, { rows: 110 })
  expect(reported(factsOf([a], { groups: [repeated] })).line).toContain(
    'landed 100, dead 0, skipped 0, lost 0, twice 10',
  )
  const short = groupOf(a, { rows: 90, distinct: 90 })
  expect(reported(factsOf([a], { groups: [short] })).line).toContain(
    'landed 90, dead 0, skipped 0, lost 10, twice 0',
  )
})

test('an object with another topic’s rows counts as lost, and its rows as unlisted', () => {
  const { kinds, line } = reported(factsOf([a], { groups: [groupOf(a, { topicId: 'f'.repeat(32) })] }))
  expect(kinds.sort()).toEqual(['lost', 'unlisted'])
  expect(line).toContain('lost 100, twice 0')
})

test('objects beyond the landed offset are in flight: no finding, whether Athena sees them or not', () => {
  const next = claimOf(0, 250, 300)
  const facts = factsOf([a, b], {
    partitions: [{ partition: 0, low: 0, end: 320 }],
    listed: [a.files[0]!.key, b.files[0]!.key, next.files[0]!.key],
    groups: [groupOf(a), groupOf(b), groupOf(next)],
  })
  const { report, kinds } = reported({ ...facts, chains: [{ ...facts.chains[0]!, inFlight: next }] })
  expect(kinds).toEqual([])
  expect(report).toMatchObject({ waiting: 70, inFlight: 50, landed: 250 })
})

test('a file of the sink below the landed offset that no claim lists is unlisted, though Athena reads nothing of it', () => {
  const range = { topicId, partition: 0, S: 50, E: 120 }
  const key = dataKey(fixtureLake, { dt: '2026-11-21', hour: '09' }, range, 'parquet')
  const { kinds } = reported(factsOf([a, b], { listed: [a.files[0]!.key, b.files[0]!.key, key] }))
  expect(kinds).toEqual(['unlisted'])
})

test('gaps are not produced, skipped records are reported', () => {
  const claims = [claimOf(0, 0, 10, { skipped: 10 }), claimOf(0, 10, 30, { gaps: 5 })]
  expect(reported(factsOf(claims)).line).toBe(
    'audit: produced 25, landed 15, dead 0, skipped 10, lost 0, twice 0',
  )
})

test('a hole in the chain is lost, and its object is reported to have the missing rows', () => {
  const facts = factsOf([a, b, claimOf(0, 250, 260)])
  const links = facts.chains[0]!.links.filter(({ S }) => S !== 100)
  const { line, kinds } = reported({ ...facts, chains: [{ ...facts.chains[0]!, links }] })
  expect(line).toContain('landed 260, dead 0, skipped 0, lost 0, twice 0')
  expect(kinds).toEqual(['unlisted'])
  const groups = [...facts.groups].filter(({ key }) => key !== b.files[0]!.key)
  const listed = facts.listed.filter((key) => key !== b.files[0]!.key)
  const gone = reported({ ...facts, chains: [{ ...facts.chains[0]!, links }], groups, listed })
  expect(gone.line).toContain('landed 110, dead 0, skipped 0, lost 150, twice 0')
})

test('an unreadable claim and one that overlaps are named', () => {
  const facts = factsOf([a, b])
  const [first, second] = facts.chains[0]!.links
  const broken = { ...facts.chains[0]!, links: [{ key: 'k', S: 0, fault: 'no JSON' }, second!] }
  expect(auditReport({ ...facts, chains: [broken] }).findings[0]).toMatchObject({
    kind: 'chain',
    what: 'the claim k cannot be used: no JSON',
  })
  const overlap = { key: 'k', S: 90, claim: { ...claimOf(0, 90, 250) } }
  const chains = [{ ...facts.chains[0]!, links: [first!, overlap] }]
  expect(auditReport({ ...facts, chains }).findings.map(({ kind }) => kind)).toContain('chain')
})

test('rejected records are counted in their dead-letter files; a missing file loses them, a foreign one is named', () => {
  const claim = claimOf(0, 0, 100, { dead: 3 })
  const key = deadKey(fixtureLake, claim)
  const there = { deadRecords: new Map([[key, 3]]), listedDead: [key] }
  expect(reported(factsOf([claim], there)).line).toBe(
    'audit: produced 100, landed 97, dead 3, skipped 0, lost 0, twice 0',
  )
  expect(reported(factsOf([claim])).line).toContain('landed 97, dead 0, skipped 0, lost 3, twice 0')
  const short = { ...there, deadRecords: new Map([[key, 1]]) }
  expect(reported(factsOf([claim], short)).line).toContain('dead 1, skipped 0, lost 2')
  const foreign = deadKey(fixtureLake, { ...claim, S: 10 })
  expect(reported(factsOf([claim], { ...there, listedDead: [key, foreign] })).kinds).toEqual(['dead'])
  const later = deadKey(fixtureLake, { ...claim, S: 100, E: 110 })
  expect(reported(factsOf([claim], { ...there, listedDead: [key, later] })).kinds).toEqual([])
})

test('what Kafka deleted before it landed is lost; a broker that ends before the lake is reported', () => {
  const ahead = reported(factsOf([a], { partitions: [{ partition: 0, low: 130, end: 200 }] }))
  expect(ahead.line).toContain('landed 100, dead 0, skipped 0, lost 30, twice 0')
  expect(ahead.report.waiting).toBe(70)
  const behind = reported(factsOf([a], { partitions: [{ partition: 0, low: 0, end: 60 }] }))
  expect(behind.kinds).toEqual(['broker'])
})

test('verified hours and their chains count with their verified sums', () => {
  const sums = { landedOffset: 100, rows: 90, dead: 10, gaps: 0, skipped: 0 }
  const facts = factsOf([b], { base: new Map([[0, sums]]) })
  expect(reported(facts).line).toBe('audit: produced 250, landed 240, dead 10, skipped 0, lost 0, twice 0')
  const again = factsOf([a, b], { verifiedHours: new Set(['2026-11-21-09']), groups: [], listed: [] })
  expect(reported(again).kinds).toEqual([])
})

test('json-object: one template stands for all claims of an hour', () => {
  const key = `lake/ticks/dt=2026-11-21/hour=09/stock_market_${topicId}-00000-{offset}.json`
  const claims = [a, b].map((claim) => ({ ...claim, files: [{ key, rows: claim.E - claim.S }] }))
  const group = groupOf(a, { key, rows: 250, distinct: 250, min: 0, max: 249 })
  expect(reported(factsOf(claims, { listed: [], groups: [group] })).kinds).toEqual([])
  const gone = reported(factsOf(claims, { listed: [], groups: [{ ...group, rows: 249, distinct: 249 }] }))
  expect(gone.line).toContain('landed 249, dead 0, skipped 0, lost 1, twice 0')
})

test('an object outside all hours is named: a crawler would include it', () => {
  expect(reported(factsOf([a], { outsideHours: ['lake/ticks/x.parquet'] })).kinds).toEqual(['unlisted'])
})
