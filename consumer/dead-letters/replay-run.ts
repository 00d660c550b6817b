// Replays letters in portions, and tells of each what became of it.
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'
import { type Mend, mendLetter } from './fix.ts'
import { bytesOf, type Origin } from './letter.ts'
import type { Replay, Replayed } from './replay.ts'

/** Records of one transaction. */
const PORTION = 500

export interface ReplayRow extends Origin {
  readonly [name: string]: unknown
  /** `replayed` now, `already` replayed by an earlier run, `would-replay` when nothing is to be sent, or `refused` again. */
  readonly outcome: 'replayed' | 'already' | 'would-replay' | 'refused'
  readonly detail: string
}

/**
 * One row a letter; those of a portion come when its transaction is committed.
 * @param isReplayed whether a record was replayed before
 * @param replay undefined: nothing is sent
 * @throws Failure REPLAY_REFUSED; what was told of before is there
 */
export async function* replayLetters(
  replay: Replay | undefined,
  isReplayed: (origin: Origin) => boolean,
  letters: AsyncIterable<DeadLetter>,
  mendOf: (letter: DeadLetter) => Mend,
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
  for await (const letter of letters) {
    const { topicId, partition, offset } = letter
    const origin = { topicId, partition, offset }
    if (isReplayed(origin)) {
      yield row(origin, 'already', '')
      continue
    }
    const mended = mendLetter(letter, mendOf(letter))
    if (!mended.accepted) {
      yield row(origin, 'refused', mended.why)
      continue
    }
    const headers = letter.headers.map(([name, value]) => [name, bytesOf(value)] as const)
    portion.push({ origin, key: mended.key, value: mended.value, headers })
    if (portion.length === PORTION) yield* await commit()
  }
  yield* await commit()
}

function row(origin: Origin, outcome: ReplayRow['outcome'], detail: string): ReplayRow {
  return { ...origin, outcome, detail }
}
