// `catalog watch --full`: polls topic, lake and Athena, and redraws a small screen.

import type { Aws } from '@ticklake/aws/clients.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import { ChainTails } from '@ticklake/lake/chain-tail.ts'
import { partitionLag } from '@ticklake/lake/lag.ts'
import { ObjectLister } from '@ticklake/lake/object-totals.ts'
import { countRows } from '@ticklake/lake/row-count.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { type CommandHost, sleep } from '@ticklake/runtime/process.ts'
import { coloursFor, columnsOf } from '@ticklake/runtime/terminal.ts'
import type { CatalogConfig } from '../config.ts'
import { datasetLocation } from '../tables/table.ts'
import type { Sample } from './watch-line.ts'
import { type ScreenState, screenLines } from './watch-screen.ts'

/** More would not fit on any terminal. */
const MOST_SAMPLES = 500

/** What changes with each answer. */
type Shown = { -readonly [Key in 'partitions' | 'lake' | 'countProblem']: ScreenState[Key] }

export interface FullWatch {
  readonly aws: Aws
  readonly broker: Broker
  readonly config: CatalogConfig
  readonly everyMs: number
  readonly times: number
  readonly host: Pick<CommandHost, 'env' | 'stdout'>
}

/** The screen shows what does not answer; it is polled again. On a terminal the previous screen comes back at the end. */
export async function watchFull(watch: FullWatch, signal: AbortSignal): Promise<void> {
  const { config, everyMs, times } = watch
  const { env, stdout: out } = watch.host
  const colours = coloursFor(out, env)
  const tails = new ChainTails(watch.aws.bucket, config.lake)
  const lister = new ObjectLister(watch.aws.bucket, config.lake)
  const samples: Sample[] = []
  let last: string[] = []
  let newestClaimAtMs: number | undefined
  const state: Shown = { partitions: undefined, lake: undefined, countProblem: undefined }
  const draw = (shown: Shown) => {
    const { lake, kafka } = config
    const title = `${kafka.KAFKA_TOPIC} > ${datasetLocation(lake)} > ${lake.database}.${lake.table}`
    const size = { columns: columnsOf(out), rows: out.rows ?? 1_000 }
    last = screenLines({ ...shown, title, atMs: Date.now(), samples }, size, colours)
    out.write(
      out.isTTY
        ? `\u001b[H${last.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`
        : `${last.join('\n')}\n\n`,
    )
  }
  // The terminal's alternate screen, without a cursor; the previous content comes back at the end.
  if (out.isTTY) {
    out.write('\u001b[?1049h\u001b[?25l\u001b[H\u001b[J')
    draw(state)
  }
  const giveBack = () => {
    if (out.isTTY) out.write('\u001b[?25h\u001b[?1049l')
  }
  process.once('exit', giveBack)
  try {
    for (let i = 0; i < times && !signal.aborted; i++) {
      const startedAt = Date.now()
      // On a terminal each answer is shown as it comes: an unreachable broker takes seconds to time out.
      const answered = <T>(answer: Promise<T>, show: (answer: T) => void) =>
        answer.then((value) => {
          if (signal.aborted) return
          show(value)
          if (out.isTTY) draw(state)
        })
      await Promise.all([
        answered(orWhy(readTopic(watch, tails)), (topic) => {
          state.partitions = typeof topic === 'string' ? topic : topic.partitions
          newestClaimAtMs = typeof topic === 'string' ? newestClaimAtMs : topic.newestClaimAtMs
        }),
        answered(orWhy(lister.read(startedAt)), (totals) => {
          state.lake = typeof totals === 'string' ? totals : { ...totals, newestClaimAtMs }
        }),
        answered(orWhy(countRows(watch.aws.athena, config, startedAt, { signal })), (count) => {
          state.countProblem = typeof count === 'string' ? count : undefined
          if (typeof count === 'string') return
          samples.push({ ...count, lag: undefined, atMs: Date.now() })
          if (samples.length > MOST_SAMPLES) samples.shift()
        }),
      ])
      if (signal.aborted) break
      if (state.lake !== undefined && typeof state.lake !== 'string')
        state.lake = { ...state.lake, newestClaimAtMs }
      draw(state)
      if (i + 1 < times) await sleep(Math.max(0, startedAt + everyMs - Date.now()), signal)
    }
  } finally {
    process.off('exit', giveBack)
    giveBack()
    // The last numbers stay in the scrollback.
    if (out.isTTY && last.length > 0) out.write(`${last.slice(0, -2).join('\n')}\n`)
  }
}

async function readTopic({ broker }: FullWatch, tails: ChainTails) {
  const { topicId, partitions } = await broker.topicOnce()
  const read = await tails.read(
    topicId,
    partitions.map(({ partition }) => partition),
  )
  const newestAtMs = read.flatMap((tail) => tail.newestAtMs ?? [])
  return {
    partitions: partitions.map(({ partition, low, end }, i) => {
      const { landedOffset, shift } = read[i]!
      const offsets = { low: low + shift, end: end + shift }
      return { partition, end: offsets.end, landedOffset, lag: partitionLag(offsets, landedOffset) }
    }),
    newestClaimAtMs: newestAtMs.length === 0 ? undefined : Math.max(...newestAtMs),
  }
}

/**
 * The answer, or why there is none: first who did not answer, then the reason, because a narrow screen truncates the
 * end.
 */
async function orWhy<T>(answer: Promise<T>): Promise<T | string> {
  try {
    return await answer
  } catch (error) {
    return error instanceof Failure && error.why
      ? `${error.message.split(/;|: /, 1)[0]}: ${error.why}`
      : reasonOf(error)
  }
}
