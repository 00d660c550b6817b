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

/** The promise that each mistake breaks: found by another one, it would be no proof that this one is looked after. */
const brokenBy: Record<Mistake, string> = {
  'claim-overwrites': 'no record is in two objects',
  'commit-before-files': 'the committed offset never passes the completed chain',
  'dead-file-before-notice': 'a record in a dead file has been told to the dead-letter topic',
  'trust-committed-offset': 'record 1 is in exactly one dead file, not 0',
  'no-claim': 'no record is in two objects',
  'delete-before-switch': 'the count never falls',
  'compact-the-newest-claim': 'record 3 is in exactly one object, not 0',
  'no-second-look-at-a-manifest': 'the count never falls',
  // The newest manifest no longer tells of the rows that an earlier run replaced: their claims look unfinished.
  'forget-the-run-before': 'the committed offset never passes the completed chain',
}

test.each(Object.entries(brokenBy) as [Mistake, string][])(
  'the explorer finds the mistake %s: it breaks the promise that %s',
  { timeout: PATIENCE_MS },
  (mistake, promise) => {
    const broken = firstOf(
      Object.values(worlds),
      (world) => explore({ ...world, mistake }).violation?.promise,
    )
    expect(broken).toBe(promise)
  },
)

/** The first answer that there is; nothing is asked after it. */
function firstOf<T, A>(all: readonly T[], ask: (one: T) => A | undefined): A | undefined {
  for (const one of all) {
    const answer = ask(one)
    if (answer !== undefined) return answer
  }
  return undefined
}
