// Replays rejected records in portions, and reports each outcome.
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'
import { bytesOf, type Origin } from './displayed-record.ts'
import { type Fix, fixDeadLetter } from './fix.ts'
import type { Replay, Replayed } from './replay.ts'

/** Records of one transaction. */
const PORTION = 500

export interface ReplayRow extends Origin {
  readonly [name: string]: unknown
  /** `replayed` now, `already` replayed by an earlier run, `would-replay` in a dry run, or `refused` again. */
  readonly outcome: 'replayed' | 'already' | 'would-replay' | 'refused'
  readonly detail: string
}

/**
 * One row per record; the rows of a portion come when its transaction is committed.
 * @param isReplayed whether a record was replayed before
 * @param replay undefined: nothing is sent
 * @throws Failure REPLAY_REFUSED; the records reported so far were sent
 */
export async function* replayDeadLetters(
  replay: Replay | undefined,
  isReplayed: (origin: Origin) => boolean,
  deadLetters: AsyncIterable<DeadLetter>,
  fixOf: (deadLetter: DeadLetter) => Fix,
): AsyncGenerator<ReplayRow> {
  let portion: Replayed[] = []
  const commit = async () => {
    if (portion.length > 0 && replay) {
      await replay.send(portion)
      await replay.commit()
    }
    const done = portion
    portion = []
    return done.map(({ origin, value }) =>
      row(origin, replay ? 'replayed' : 'would-replay', value.toString()),
    )
  }
  for await (const deadLetter of deadLetters) {
    const { topicId, partition, offset } = deadLetter
    const origin = { topicId, partition, offset }
    if (isReplayed(origin)) {
      yield row(origin, 'already', '')
      continue
    }
    const fixed = fixDeadLetter(deadLetter, fixOf(deadLetter))
    if (!fixed.accepted) {
      yield row(origin, 'refused', fixed.why)
      continue
    }
    const headers = deadLetter.headers.map(([name, value]) => [name, bytesOf(value)] as const)
    portion.push({ origin, key: fixed.key, value: fixed.value, headers })
    if (portion.length === PORTION) yield* await commit()
  }
  yield* await commit()
}

function row(origin: Origin, outcome: ReplayRow['outcome'], detail: string): ReplayRow {
  return { ...origin, outcome, detail }
}
