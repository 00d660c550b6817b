// `catalog watch`: polls, and redraws one line.

import type { Cell } from '@ticklake/aws/athena-csv.ts'
import { openAws } from '@ticklake/aws/clients.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import { ChainTails } from '@ticklake/lake/chain-tail.ts'
import { measureLag } from '@ticklake/lake/lag.ts'
import { countRows } from '@ticklake/lake/row-count.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { printableLine } from '@ticklake/runtime/printable.ts'
import { type CommandHost, sleep } from '@ticklake/runtime/process.ts'
import { columnsOf, cut, whileWaiting } from '@ticklake/runtime/terminal.ts'
import { catalogConfig } from '../config.ts'
import { type OutputFormat, writeRows } from './output.ts'
import { watchFull } from './watch-full.ts'
import { type Sample, watchLine, watchRecord } from './watch-line.ts'

export interface WatchFlags {
  readonly everySeconds: number | undefined
  readonly times: number | undefined
  readonly output: OutputFormat
  /** A small screen instead of a line. */
  readonly full: boolean
}

/** @throws Failure when the first query fails; later failures are reported and retried */
export async function runWatchCommand(
  host: CommandHost,
  flags: WatchFlags,
  signal: AbortSignal,
): Promise<void> {
  const { stdout, stderr } = host
  const config = catalogConfig(host.env)
  const everyMs = flags.everySeconds === undefined ? config.watchEveryMs : flags.everySeconds * 1000
  using aws = openAws(config.lake)
  using broker = new Broker(config.kafka)
  const times = flags.times ?? Number.POSITIVE_INFINITY
  // Awaited here: the clients are closed when this function returns.
  if (flags.full) return await watchFull({ aws, broker, config, everyMs, times, host }, signal)
  const redraws = flags.output === 'table' && stdout.isTTY
  const tails = new ChainTails(aws.bucket, config.lake)
  let before: Sample | undefined

  async function* samples(): AsyncGenerator<Sample> {
    for (let i = 0; i < times && !signal.aborted; i++) {
      const startedAt = Date.now()
      try {
        // In parallel: an unreachable broker takes seconds to time out.
        const answers = Promise.all([
          measureLag(tails, () => broker.topicOnce()).catch(() => undefined),
          countRows(aws.athena, config, startedAt, { signal }),
        ])
        const [lag, count] = before
          ? await answers
          : await whileWaiting(() => 'asking Athena, Kafka and S3', answers, stderr)
        yield { ...count, lag, atMs: Date.now() }
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof Failure) || !before) throw error
        stderr.write(
          `${redraws ? '\r\u001b[K' : ''}${printableLine(`${error.message}: ${error.why ?? ''}`)}\n`,
        )
      }
      if (i + 1 < times) {
        await sleep(Math.max(0, startedAt + everyMs - Date.now()), signal)
      }
    }
  }

  if (flags.output === 'table') {
    for await (const sample of samples()) {
      const line = watchLine(sample, before)
      const shown = redraws ? cut(line, columnsOf(stdout) - 1) : line
      stdout.write(redraws ? `\r\u001b[K${shown}` : `${shown}\n`)
      before = sample
    }
    if (redraws) stdout.write('\n')
    return
  }
  const names = Object.keys(
    watchRecord({ rows: 0, newestMs: 0, queryMs: 0, scannedBytes: 0, atMs: 0, lag: undefined }, undefined),
  )
  async function* rows(): AsyncGenerator<Cell[][]> {
    for await (const sample of samples()) {
      yield [
        Object.values(watchRecord(sample, before)).map((value) => (value === null ? null : String(value))),
      ]
      before = sample
    }
  }
  const columns = names.map((name) => ({ name, type: name === 'at' ? 'varchar' : 'double' }))
  await writeRows(stdout, flags.output, columns, rows(), { isTerminal: stdout.isTTY })
}
