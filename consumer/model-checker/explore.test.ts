import { expect, test } from 'vitest'
import { explore } from './explore.ts'
import type { Mistake, World } from './world.ts'

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
  'Kafka deletes what has not landed': {
    records: ['hour-0', 'poison', 'hour-0'],
    consumers: 2,
    crashes: 1,
    lostAnswers: 0,
    retention: 1,
  },
  'a newer release raises the dataset beside one of before': {
    records: ['hour-0', 'poison', 'hour-0'],
    consumers: 1,
    older: { consumers: 1, newFieldFrom: 2 },
    crashes: 1,
    lostAnswers: 1,
  },
  'the dead-letter topic goes and comes back': {
    records: ['poison', 'hour-0'],
    consumers: 2,
    crashes: 1,
    lostAnswers: 1,
    lettersClose: true,
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
  '%s: every record that Kafka keeps lands exactly once, whatever happens when',
  { timeout: PATIENCE_MS },
  (name, world) => {
    const findings = explore(world)
    const { states, ends, stops } = findings
    console.log(
      `explorer: ${name}: ${states} states, ${ends} ends${stops > 0 ? `, ${stops} of them stops` : ''}`,
    )
    expect(findings.violation).toBeUndefined()
    expect(states).toBeGreaterThan(5_000)
    expect(ends - stops).toBeGreaterThan(0)
    // A claim was begun, its records are gone, and whoever had them is dead: only retention does that.
    expect(stops > 0).toBe(world.retention !== undefined)
  },
)

/**
 * The promise that each mistake breaks, and a world in which it does: found by another promise, it would be no proof
 * that this one is looked after.
 */
const brokenBy: Record<Mistake, { readonly promise: string; readonly world: string }> = {
  'claim-overwrites': {
    promise: 'no record is in two objects',
    world: 'two consumers, two crashes, two lost answers',
  },
  'commit-before-files': {
    promise: 'the committed offset never passes the completed chain',
    world: 'two consumers, two crashes, two lost answers',
  },
  'dead-file-before-notice': {
    promise:
      'a record in a dead file has been told to the dead-letter topic, or it is written down that its notice follows',
    world: 'two consumers, two crashes, two lost answers',
  },
  'notice-not-written-down': {
    promise:
      'a record in a dead file has been told to the dead-letter topic, or it is written down that its notice follows',
    world: 'the dead-letter topic goes and comes back',
  },
  'told-before-sent': {
    promise: 'a notice is marked as told only when it was',
    world: 'the dead-letter topic goes and comes back',
  },
  'trust-committed-offset': {
    promise: 'record 1 is in exactly one dead file, not 0',
    world: 'gaps, and a claim of poison only',
  },
  'no-claim': {
    promise: 'no record is in two objects',
    world: 'two consumers, two crashes, two lost answers',
  },
  'on-behind-the-own-range': {
    promise: 'the committed offset never passes the completed chain',
    world: 'Kafka deletes what has not landed',
  },
  'leave-out-too-much': {
    promise: 'record 1, which Kafka has, is not left out',
    world: 'Kafka deletes what has not landed',
  },
  'on-behind-a-begun-claim': {
    promise: 'the committed offset never passes the completed chain',
    world: 'Kafka deletes what has not landed',
  },
  'claim-after-the-raise': {
    promise: 'no field of a record that was sent after the raise is dropped',
    world: 'a newer release raises the dataset beside one of before',
  },
  'delete-before-switch': {
    promise: 'the count never falls',
    world: 'an hour is compacted beside a zombie and a query',
  },
  'compact-the-newest-claim': {
    promise: 'record 3 is in exactly one object, not 0',
    world: 'a claim comes late into a compacted hour',
  },
  'no-second-look-at-a-manifest': {
    promise: 'the count never falls',
    world: 'two compactors, a crash and a lost answer',
  },
  // The newest manifest no longer tells of the rows that an earlier run replaced: their claims look unfinished.
  'forget-the-run-before': {
    promise: 'the committed offset never passes the completed chain',
    world: 'a claim comes late into a compacted hour',
  },
}

test.each(Object.entries(brokenBy).map(([mistake, by]) => ({ mistake: mistake as Mistake, ...by })))(
  'the explorer finds the mistake $mistake: it breaks the promise that $promise',
  { timeout: PATIENCE_MS },
  ({ mistake, promise, world }) => {
    expect(explore({ ...worlds[world]!, mistake }).violation?.promise).toBe(promise)
  },
)
