import { expect, test } from 'vitest'
import { explore, type Mistake, type World } from './explorer.ts'

const worlds: Record<string, World> = {
  'two consumers, two crashes, two lost answers': {
    records: ['hour-0', 'poison'],
    consumers: 2,
    crashes: 2,
    lostAnswers: 2,
  },
  'two hours and a refused record, a crash': {
    records: ['hour-0', 'hour-1', 'poison'],
    consumers: 2,
    crashes: 1,
    lostAnswers: 0,
  },
  'two consumers and a zombie': {
    records: ['hour-0', 'poison'],
    consumers: 3,
    crashes: 0,
    lostAnswers: 0,
  },
  'gaps, and a claim of poison only': {
    records: ['gap', 'poison', 'gap', 'hour-0'],
    consumers: 2,
    crashes: 1,
    lostAnswers: 1,
    offsetMoves: true,
  },
  'an hour is compacted beside a zombie and a query': {
    records: ['hour-0', 'hour-0', 'hour-1'],
    flushOffsets: 1,
    landed: 3,
    zombies: 1,
    consumers: 0,
    crashes: 1,
    lostAnswers: 0,
    compactors: 1,
    queries: 1,
  },
  'two compactors, a crash and a lost answer': {
    records: ['hour-0', 'hour-0', 'hour-1'],
    flushOffsets: 1,
    landed: 3,
    consumers: 0,
    crashes: 1,
    lostAnswers: 1,
    compactors: 2,
    queries: 1,
  },
  'a claim comes late into a compacted hour': {
    records: ['hour-0', 'hour-0', 'hour-1', 'hour-0', 'hour-1'],
    flushOffsets: 1,
    landed: 3,
    consumers: 1,
    crashes: 1,
    lostAnswers: 0,
    compactors: 1,
    queries: 1,
  },
}

// Each world is searched whole; on a busy machine that takes some seconds.
const PATIENCE_MS = 120_000

test.each(Object.entries(worlds))(
  '%s: every record lands exactly once, whatever happens when',
  { timeout: PATIENCE_MS },
  (name, world) => {
    const findings = explore(world)
    console.log(`explorer: ${name}: ${findings.states} states, ${findings.ends} ends`)
    expect(findings.violation).toBeUndefined()
    expect(findings.states).toBeGreaterThan(5_000)
    expect(findings.ends).toBeGreaterThan(0)
  },
)

const mistakes: Mistake[] = [
  'claim-overwrites',
  'commit-before-files',
  'dead-file-before-notice',
  'trust-committed-offset',
  'no-claim',
  'delete-before-switch',
  'compact-the-newest-claim',
  'no-second-look-at-a-manifest',
  'forget-the-run-before',
]

test.each(mistakes)('the explorer finds the mistake %s', { timeout: PATIENCE_MS }, (mistake) => {
  const found = Object.values(worlds).some((world) => explore({ ...world, mistake }).violation !== undefined)
  expect(found).toBe(true)
})
