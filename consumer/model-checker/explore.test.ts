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
  'two hours and a rejected record, a crash': {
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
  'a newer release raises the dataset beside an earlier one': {
    records: ['hour-0', 'poison', 'hour-0'],
    consumers: 1,
    older: { consumers: 1, newFieldFrom: 2 },
    crashes: 1,
    lostAnswers: 1,
  },
  'Kafka loses its last records, and gets others': {
    records: ['hour-0', 'poison', 'hour-0'],
    consumers: 2,
    crashes: 1,
    lostAnswers: 0,
    replaced: 1,
  },
  'Kafka loses its last records, and the chain continues in a new era': {
    records: ['hour-0', 'hour-0'],
    consumers: 2,
    crashes: 1,
    lostAnswers: 0,
    replaced: 1,
    eras: true,
  },
  'Kafka gets the records back that it had lost': {
    records: ['hour-0', 'hour-0'],
    consumers: 2,
    crashes: 1,
    lostAnswers: 0,
    replaced: 1,
    restored: true,
  },
  'Kafka loses its last records, and the last claim has none': {
    records: ['hour-0', 'gap', 'hour-0'],
    consumers: 1,
    crashes: 1,
    lostAnswers: 1,
    replaced: 0,
    eras: true,
  },
  'Kafka deletes what landed of a refused partition': {
    records: ['hour-0', 'hour-0', 'hour-0'],
    consumers: 2,
    crashes: 0,
    lostAnswers: 0,
    replaced: 1,
    retention: 2,
  },
  'the dead-letter topic goes and comes back': {
    records: ['poison', 'hour-0'],
    consumers: 2,
    crashes: 1,
    lostAnswers: 1,
    deadLetterTopicCloses: true,
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

// Each world is searched completely, which takes some seconds on a busy machine.
const TIMEOUT_MS = 120_000

test.each(Object.entries(worlds))(
  '%s: every record that Kafka has lands exactly once, in every order of events',
  { timeout: TIMEOUT_MS },
  (name, world) => {
    const findings = explore(world)
    const { states, ends, stops } = findings
    console.log(
      `model checker: ${name}: ${states} states, ${ends} ends${stops > 0 ? `, ${stops} of them stops` : ''}`,
    )
    expect(findings.violation).toBeUndefined()
    expect(states).toBeGreaterThan(5_000)
    expect(ends - stops).toBeGreaterThan(0)
    // A claim is unfinished, its records are gone, and the consumer that had them is dead; or landed records were
    // replaced.
    const mayStop = world.retention !== undefined || (world.replaced !== undefined && !world.eras)
    expect(stops > 0).toBe(mayStop)
  },
)

/**
 * The invariant that each mistake breaks, and a world in which it does: a mistake found by another invariant would not
 * prove that this one is checked.
 */
const brokenBy: Record<Mistake, { readonly invariant: string; readonly world: string }> = {
  'claim-overwrites': {
    invariant: 'no record is in two objects',
    world: 'two consumers, two crashes, two lost answers',
  },
  'commit-before-files': {
    invariant: 'the committed offset never passes the landed offset',
    world: 'two consumers, two crashes, two lost answers',
  },
  'dead-file-before-message': {
    invariant:
      'a record in a dead-letter file was announced on the dead-letter topic, or its message is recorded as pending',
    world: 'two consumers, two crashes, two lost answers',
  },
  'pending-message-not-recorded': {
    invariant:
      'a record in a dead-letter file was announced on the dead-letter topic, or its message is recorded as pending',
    world: 'the dead-letter topic goes and comes back',
  },
  'recorded-as-sent-before-sent': {
    invariant: 'a message is recorded as sent only when it was',
    world: 'the dead-letter topic goes and comes back',
  },
  'trust-committed-offset': {
    invariant: 'record 1 is in exactly one dead-letter file, not 0',
    world: 'gaps, and a claim of poison only',
  },
  'no-claim': {
    invariant: 'no record is in two objects',
    world: 'two consumers, two crashes, two lost answers',
  },
  'on-behind-the-own-range': {
    invariant: 'the committed offset never passes the landed offset',
    world: 'Kafka deletes what has not landed',
  },
  'skip-too-much': {
    invariant: 'record 1, which Kafka has, is not skipped',
    world: 'Kafka deletes what has not landed',
  },
  'on-behind-a-begun-claim': {
    invariant: 'the committed offset never passes the landed offset',
    world: 'Kafka deletes what has not landed',
  },
  'claim-after-the-raise': {
    invariant: 'no field of a record that was sent after the raise is dropped',
    world: 'a newer release raises the dataset beside an earlier one',
  },
  'recovery-trusts-the-offset-alone': {
    invariant: 'nothing lands after a landed record that Kafka has replaced',
    world: 'Kafka loses its last records, and gets others',
  },
  'silent-claim-not-compared': {
    invariant: 'nothing lands after a landed record that Kafka has replaced',
    world: 'Kafka loses its last records, and the last claim has none',
  },
  'reconnection-trusts-the-offset-alone': {
    invariant: 'nothing lands after a landed record that Kafka has replaced',
    world: 'Kafka loses its last records, and gets others',
  },
  'pending-records-taken-for-landed': {
    invariant: 'a partition is refused only if Kafka has replaced records of its claims',
    world: 'Kafka loses its last records, and gets others',
  },
  'pending-records-outlive-the-log': {
    invariant: 'no claim has records that Kafka has replaced beside records that it has now',
    world: 'Kafka loses its last records, and gets others',
  },
  // Records before the end of an adopted claim are found again in Kafka, and the claim's last record is not.
  'adopted-claim-not-compared': {
    invariant: 'record 0, as Kafka has it now, is in the lake once, not 0 times',
    world: 'Kafka loses its last records, and the chain continues in a new era',
  },
  'withdrawal-without-proof': {
    invariant: 'nothing lands after a landed record that Kafka has replaced',
    world: 'Kafka deletes what landed of a refused partition',
  },
  'era-behind-the-landed-offset': {
    invariant: 'record 1, as Kafka has it now, is in the lake once, not 0 times',
    world: 'Kafka loses its last records, and the chain continues in a new era',
  },
  'era-from-the-claims-start': {
    invariant: 'record 0, as Kafka has it now, is in the lake once, not 2 times',
    world: 'Kafka loses its last records, and the chain continues in a new era',
  },
  'delete-before-switch': {
    invariant: 'the count never falls',
    world: 'an hour is compacted beside a zombie and a query',
  },
  'compact-the-newest-claim': {
    invariant: 'record 3 is in exactly one object, not 0',
    world: 'a claim comes late into a compacted hour',
  },
  'no-check-for-own-manifest': {
    invariant: 'the count never falls',
    world: 'two compactors, a crash and a lost answer',
  },
  // The newest manifest no longer names the rows that an earlier run replaced: their claims look unfinished.
  'forget-the-run-before': {
    invariant: 'the committed offset never passes the landed offset',
    world: 'a claim comes late into a compacted hour',
  },
}

test.each(Object.entries(brokenBy).map(([mistake, by]) => ({ mistake: mistake as Mistake, ...by })))(
  'the model checker finds the mistake $mistake: it breaks the invariant $invariant',
  { timeout: TIMEOUT_MS },
  ({ mistake, invariant, world }) => {
    expect(explore({ ...worlds[world]!, mistake }).violation?.invariant).toBe(invariant)
  },
)
