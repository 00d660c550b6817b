// `consumer dlq list|show|replay`: their --help texts, and what they do.
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { s3Client } from '@ticklake/aws/config.ts'
import { datasetKey } from '@ticklake/contract/keys.ts'
import { rejectReasons } from '@ticklake/contract/validation.ts'
import { parseDataset } from '@ticklake/lake/dataset.ts'
import type { DeadLetter } from '@ticklake/lake/dead-files.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { printable, printableLine } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import type { Argv } from 'yargs'
import { type ConsumerConfig, consumerConfig } from '../config.ts'
import { failureOf } from '../fatal-s3-error.ts'
import { parseStartPoint } from '../group/start-point.ts'
import { type ObjectStore, s3Store } from '../s3.ts'
import { type DeadLetterFilter, readDeadLetters } from './dead-files.ts'
import { bytesOf, type Origin, originText, parseOrigin, readable } from './displayed-record.ts'
import { type Fix, parseFixedLine, parseSet } from './fix.ts'
import { replayedByNow } from './ledger.ts'
import { openReplay } from './replay.ts'
import { type ReplayRow, replayDeadLetters } from './replay-run.ts'
import { type RowFormat, rowFormats, writeRows } from './rows.ts'
import { groupColumns, summarize } from './summary.ts'

interface FilterFlags {
  readonly dataset?: string | undefined
  readonly reason?: string[] | undefined
  readonly partition?: number[] | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}

interface ReplayFlags extends FilterFlags {
  readonly record?: string[] | undefined
  readonly all: boolean
  readonly set?: string[] | undefined
  readonly value?: string | undefined
  readonly mended?: string | undefined
  readonly dryRun: boolean
  readonly output: RowFormat
}

/** Adds the commands of `dlq`. */
export function dlqCommands(parent: Argv, host: CommandHost): Argv {
  return parent
    .usage(
      '$0 dlq <command>\n\nRejected records: what they are, why they were rejected, and how to land them once they are fixed.',
    )
    .command(
      'list',
      'count the rejected records by reason, partition and hour',
      (y) =>
        outputOption(filterOptions(y))
          .usage(
            '$0 dlq list [--each]\n\nCounts the records in the dataset’s dead-letter files (not in the dead-letter topic, which may have duplicates).',
          )
          .option('each', {
            type: 'boolean',
            default: false,
            describe: 'one row per record instead of counts',
          })
          .example('$0 dlq list', 'counts by reason, partition and hour')
          .example('$0 dlq list --each --reason bad_date --output jsonl', 'whole records for a program'),
      (flags) => onLake(host, flags, (lake) => list(lake, flags)),
    )
    .command(
      'show <record>',
      'one rejected record with its key, value and headers',
      (y) =>
        outputOption(y.option('dataset', datasetOption))
          .usage('$0 dlq show <partition>:<offset>\n\nBytes that are not UTF-8 are shown in base64.')
          .positional('record', { type: 'string', demandOption: true, describe: '<partition>:<offset>' })
          .option('raw', {
            type: 'boolean',
            default: false,
            describe: 'only the bytes of its value, to a file or pipe',
          })
          .example('$0 dlq show 0:1234', '')
          .example('$0 dlq show 0:1234 --raw > fixed.json', 'to fix it in an editor'),
      (flags) => onLake(host, flags, (lake) => show(lake, flags)),
    )
    .command(
      'replay [record..]',
      'fix records and send them again; each lands once, however often this is run',
      (y) =>
        outputOption(filterOptions(y))
          .usage(
            '$0 dlq replay <partition>:<offset>.. | --all | --reason R | --mended FILE   [--set field=value] [--value FILE]\n\nEach record is fixed, validated like every message, and only then sent to the topic, in one transaction with a line in the ledger <KAFKA_TOPIC>-replayed that says which record it replaces. A record in the ledger is not sent again, so you may repeat this, kill it, or run two at a time. A record that would still be rejected is reported and not sent, and the exit status is 1. The user needs the right to write to the topic.',
          )
          .positional('record', { type: 'string', array: true, describe: '<partition>:<offset>' })
          .option('all', {
            type: 'boolean',
            default: false,
            describe: 'every rejected record of the dataset',
          })
          .option('set', {
            type: 'string',
            array: true,
            requiresArg: true,
            nargs: 1,
            describe: 'sets a field in each record’s JSON; the value is JSON if it parses, else text',
          })
          .option('value', {
            type: 'string',
            requiresArg: true,
            describe: 'a file with the whole new value, for one record',
          })
          .option('mended', {
            type: 'string',
            requiresArg: true,
            describe:
              'a file of lines from `dlq list --each --output jsonl`, with `value` fixed; `-` is standard input',
          })
          .option('dry-run', { type: 'boolean', default: false, describe: 'validate, and send nothing' })
          .check(({ record = [], mended }) => {
            if (record.length === 0 || mended === undefined) return true
            throw usage('--mended already names the records: name none beside it')
          })
          .example('$0 dlq replay 0:1234 --set close=28412.5', 'one record, one field fixed')
          .example(
            '$0 dlq replay --reason missing_field --set adj_close=null',
            'all records that lack a field',
          )
          .example('$0 dlq replay 0:1234 --value fixed.json', 'one record, replaced')
          .example(
            "$0 dlq list --each --reason wrong_type --output jsonl | jq -c '.value |= (fromjson | .volume |= tonumber)' | $0 dlq replay --mended -",
            'many, by a program',
          ),
      (flags) =>
        onLake(host, flags, (lake) => replay(lake, flags), 'only the records reported as replayed were sent'),
    )
    .demandCommand(1, 'missing command; expected one of dlq list, dlq show, dlq replay')
}

async function list(
  lake: OpenLake,
  flags: FilterFlags & { each: boolean; output: RowFormat },
): Promise<void> {
  const deadLetters = readDeadLetters(lake.store, lake.config.lake, filterOf(flags))
  if (!flags.each) {
    const groups = await summarize(deadLetters)
    await writeRows(
      lake.host.stdout,
      flags.output,
      groupColumns,
      groups.map((group) => ({ ...group })),
    )
    return
  }
  const columns = ['partition', 'offset', 'timestamp', 'reason', 'detail', 'value']
  await writeRows(lake.host.stdout, flags.output, columns, each(deadLetters, flags.output))
}

async function* each(deadLetters: AsyncIterable<DeadLetter>, output: RowFormat) {
  for await (const deadLetter of deadLetters) {
    const row = readable(deadLetter)
    yield output === 'table' && row.valueBase64 ? { ...row, value: `base64 ${row.valueBase64}` } : { ...row }
  }
}

async function show(
  lake: OpenLake,
  flags: { record: string; raw: boolean; output: RowFormat },
): Promise<void> {
  const origin = originOf(flags.record, await topicIdOf(lake))
  for await (const deadLetter of readDeadLetters(lake.store, lake.config.lake, { origins: [origin] })) {
    if (flags.raw) lake.host.stdout.write(rawOf(deadLetter, lake.host.stdout.isTTY === true))
    else if (flags.output === 'table') lake.host.stdout.write(pageOf(deadLetter))
    else await writeRows(lake.host.stdout, flags.output, [], [{ ...readable(deadLetter) }])
    return
  }
  throw notRefused(lake.config, [origin])
}

async function replay(lake: OpenLake, flags: ReplayFlags): Promise<void> {
  const value = flags.value === undefined ? undefined : readFileSync(flags.value)
  const topicId = await topicIdOf(lake)
  const named = (flags.record ?? []).map((text) => originOf(text, topicId))
  const filter = filterOf(flags)
  const fixed =
    flags.mended === undefined ? undefined : await readFixed(flags.mended, topicId, lake.host.stdin)
  const origins = fixed ? fixed.map(({ origin }) => origin) : named
  if (origins.length === 0 && !flags.all && !fixed && Object.keys(filter).length === 0) {
    throw usage(
      'no records named; name them with <partition>:<offset>, --all, --reason, --partition, --since or --mended',
    )
  }
  if (flags.value !== undefined && origins.length !== 1) throw usage('--value replaces one record: name it')
  const set = settings(flags.set ?? [])
  const byOrigin = new Map(fixed?.map(({ origin, value: bytes }) => [originText(origin), bytes]))
  const fixOf = (deadLetter: DeadLetter): Fix => {
    const bytes = value ?? byOrigin.get(originText(deadLetter))
    return { set, ...(bytes && { value: bytes }) }
  }
  const deadLetters = readDeadLetters(lake.store, lake.config.lake, {
    ...filter,
    ...(origins.length > 0 || fixed ? { origins } : {}),
  })
  const { kafka } = lake.config
  await using open = flags.dryRun ? undefined : await openReplay(kafka, topicId)
  const isReplayed = open?.isReplayed ?? (await replayedByNow(kafka, topicId))
  const counts = { replayed: 0, already: 0, 'would-replay': 0, refused: 0 }
  const seen = new Set<string>()
  async function* rows(): AsyncGenerator<ReplayRow> {
    for await (const row of replayDeadLetters(open, isReplayed, deadLetters, fixOf)) {
      counts[row.outcome]++
      seen.add(originText(row))
      yield row
    }
  }
  await writeRows(lake.host.stdout, flags.output, ['partition', 'offset', 'outcome', 'detail'], rows())
  const { replayed, already, refused } = counts
  lake.host.stderr.write(
    flags.dryRun
      ? `would replay ${counts['would-replay']}, replayed before ${already}, still refused ${refused}; nothing was sent\n`
      : `replayed ${replayed}, replayed before ${already}, still refused ${refused}\n`,
  )
  const unknown = origins.filter((origin) => !seen.has(originText(origin)))
  if (unknown.length > 0) throw notRefused(lake.config, unknown)
  if (refused > 0) lake.host.exitCode = 1
}

interface OpenLake {
  readonly host: CommandHost
  readonly config: ConsumerConfig
  readonly store: ObjectStore
}

/** Opens the lake for a command; errors of S3 are reported in three lines. */
async function onLake(
  host: CommandHost,
  { dataset }: { dataset?: string | undefined },
  work: (lake: OpenLake) => Promise<void>,
  meanwhile = 'nothing was changed',
): Promise<void> {
  const config = consumerConfig(host.env, { dataset })
  const { bucket } = config.lake
  try {
    await work({ host, config, store: s3Store(s3Client(config.lake), bucket) })
  } catch (error) {
    throw failureOf(error, bucket, meanwhile)
  }
}

async function topicIdOf({ config, store }: OpenLake): Promise<string> {
  const stored = await store.text(datasetKey(config.lake))
  if (stored) return parseDataset(stored.text, config.lake, 'no rejected record was read').topicId
  throw new Failure({
    code: 'DATASET_MISSING',
    what: `there is no dataset ${config.lake.dataset} below s3://${config.lake.bucket}/${config.lake.prefix}/; it has no rejected records`,
    remedy: 'set LAKE_BUCKET, LAKE_PREFIX and LAKE_DATASET (or --dataset) to one that the consumer wrote',
  })
}

function filterOf({ reason, partition, since, until }: FilterFlags): DeadLetterFilter {
  return {
    ...(reason && { reasons: reason }),
    ...(partition && { partitions: partition }),
    ...(since !== undefined && { sinceMs: timeOf('--since', since) }),
    ...(until !== undefined && { untilMs: timeOf('--until', until) }),
  }
}

function timeOf(flag: string, text: string): number {
  const time = understood(`${flag} ${text}`, () => parseStartPoint(text))
  if (time.at === 'earliest') throw usage(`${flag} must be a day or a time, such as 2026-11-21T09:30:00Z`)
  return time.timestampMs
}

function originOf(text: string, topicId: string): Origin {
  return understood(text, () => parseOrigin(text, topicId))
}

function settings(texts: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(texts.map((text) => understood(`--set ${text}`, () => parseSet(text))))
}

async function readFixed(
  file: string,
  topicId: string,
  stdin: NodeJS.ReadableStream,
): Promise<{ origin: Origin; value: Uint8Array }[]> {
  const lines: { origin: Origin; value: Uint8Array }[] = []
  const input = file === '-' ? stdin : createReadStream(file)
  let number = 0
  for await (const line of createInterface({ input })) {
    number++
    if (line.trim() === '') continue
    const { partition, offset, value, ...rest } = understood(`line ${number} of --mended`, () =>
      parseFixedLine(line),
    )
    const origin = originOf(`${rest.topicId ?? topicId}:${partition}:${offset}`, topicId)
    lines.push({ origin, value })
  }
  return lines
}

function understood<T>(text: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw usage(`${text} cannot be understood: ${reasonOf(error)}`)
  }
}

function usage(what: string): Failure {
  return new Failure({
    code: 'USAGE',
    what: `${what}; nothing was sent`,
    remedy: 'see `consumer dlq --help`',
  })
}

function notRefused({ lake }: ConsumerConfig, origins: readonly Origin[]): Failure {
  const names = origins.slice(0, 5).map(({ partition, offset }) => `${partition}:${offset}`)
  return new Failure({
    code: 'NOT_A_DEAD_LETTER',
    what: `${names.join(', ')}${origins.length > 5 ? ` and ${origins.length - 5} more` : ''}: no such rejected record in ${lake.dataset}`,
    remedy: 'list them with `consumer dlq list --each`',
  })
}

/** The bytes of its value; on a terminal, its text with control characters escaped. */
function rawOf(deadLetter: DeadLetter, isTerminal: boolean): Uint8Array | string {
  const bytes = bytesOf(deadLetter.value) ?? Buffer.alloc(0)
  return isTerminal ? printable(bytes.toString()) : bytes
}

/** One line per fact. */
function pageOf(deadLetter: DeadLetter): string {
  const { headers, ...facts } = readable(deadLetter)
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(12)} ${shown(value)}`)
  for (const { name, ...value } of headers)
    lines.push(`${'header'.padEnd(12)} ${printableLine(name)} = ${Object.values(value).map(shown).join('')}`)
  return `${lines.join('\n')}\n`
}

function shown(value: unknown): string {
  return value === null ? '(none)' : printable(String(value))
}

const datasetOption = { type: 'string', requiresArg: true, describe: 'the dataset [LAKE_DATASET]' } as const

function filterOptions<T>(y: Argv<T>) {
  return y
    .option('dataset', datasetOption)
    .option('reason', {
      type: 'string',
      array: true,
      requiresArg: true,
      nargs: 1,
      choices: rejectReasons,
      describe: 'only records rejected for this reason',
    })
    .option('partition', {
      type: 'number',
      array: true,
      requiresArg: true,
      nargs: 1,
      describe: 'only records of this partition',
    })
    .option('since', {
      type: 'string',
      requiresArg: true,
      describe: 'only records that the broker took at or after this time (UTC)',
    })
    .option('until', {
      type: 'string',
      requiresArg: true,
      describe: 'only records that the broker took before this time (UTC)',
    })
    .check(({ partition = [] }) => {
      if (partition.every((number) => Number.isInteger(number) && number >= 0)) return true
      throw usage('--partition must be a whole number from 0')
    })
}

function outputOption<T>(y: Argv<T>) {
  return y.option('output', {
    choices: rowFormats,
    default: 'table' as const,
    describe: 'how rows are written to standard output',
  })
}
