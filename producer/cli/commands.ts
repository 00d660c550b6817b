// The commands with their flags; each flag sets a variable of config.ts, and takes precedence over the environment. Each
// command loads its own module when it runs.

import { kafkaSchema, topicSchema } from '@ticklake/kafka/config.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { failUsage, helpWidth, refuseEmptyFlags, runCommandLine } from '@ticklake/runtime/usage.ts'
import yargs, { type Argv } from 'yargs'
import { producerSchema } from '../config.ts'

const runFlags = {
  csv: 'PRODUCER_CSV',
  source: 'PRODUCER_SOURCE',
  mode: 'PRODUCER_MODE',
  rate: 'PRODUCER_RATE',
  rows: 'PRODUCER_ROWS',
  index: 'PRODUCER_INDEX',
  'source-name': 'PRODUCER_SOURCE_NAME',
  columns: 'PRODUCER_COLUMNS',
  'date-format': 'PRODUCER_DATE_FORMAT',
  'time-zone': 'PRODUCER_TIME_ZONE',
  decimal: 'PRODUCER_DECIMAL',
  encoding: 'PRODUCER_ENCODING',
  map: 'PRODUCER_MAP',
  subscribe: 'PRODUCER_SUBSCRIBE',
  'key-file': 'PRODUCER_FEED_KEY_FILE',
  rejects: 'PRODUCER_REJECTS',
  bootstrap: 'KAFKA_BOOTSTRAP_SERVERS',
  topic: 'KAFKA_TOPIC',
} as const

const topicFlags = {
  partitions: 'KAFKA_TOPIC_PARTITIONS',
  replication: 'KAFKA_TOPIC_REPLICATION',
  'retention-ms': 'KAFKA_TOPIC_RETENTION_MS',
  bootstrap: 'KAFKA_BOOTSTRAP_SERVERS',
  topic: 'KAFKA_TOPIC',
} as const

type Flags = Readonly<Record<string, string>>
const schema = { ...kafkaSchema, ...topicSchema, ...producerSchema }

/**
 * Runs the command that the arguments name.
 * @throws Failure for a wrong command line or configuration, and for what the command itself throws
 */
export async function commandLine(
  args: readonly string[],
  host: CommandHost,
  signal: AbortSignal,
): Promise<void> {
  const commands = yargs()
    .scriptName('producer')
    .usage('Sends market rows to a Kafka topic.\n\n  node producer/main.ts <command>')
    .command(
      'run',
      'Send rows to the topic',
      (y) =>
        withFlags(y, runFlags, ['PRODUCER_', 'KAFKA_'])
          .option('dry-run', {
            type: 'boolean',
            default: false,
            describe:
              'show the detected format, the first rows as they would be sent, and bad rows; send nothing',
          })
          .usage(
            'producer run [flags]\n\nSends rows to the topic, keyed by index, and prints how many were delivered.',
          )
          .example('node producer/main.ts run', 'generated rows of 14 indices, 200 a second, forever')
          .example(
            'node producer/main.ts run --csv indexProcessed.csv --rate max',
            'a file, once, at full speed',
          )
          .example(
            'node producer/main.ts run --csv hsi.csv --index HSI --date-format day-first',
            'a file of one index',
          )
          .example(
            'node producer/main.ts run --csv prices.zip --dry-run',
            'detect a file’s format, without Kafka',
          )
          .example('node producer/main.ts run --source coinbase:BTC-USD,ETH-USD', 'trades as they happen')
          .example(
            "node producer/main.ts run --source wss://host/feed --map 'index=$.s,close=$.p,volume=$.v,traded_at=$.t'",
            'any WebSocket that sends JSON',
          )
          .example('node producer/main.ts run --mode sample --rate 1', 'one random row a second')
          .example(
            'market-feed | node producer/main.ts run --source -',
            'JSON lines: {"index":"HSI","date":"2021-05-31","open":1,...}',
          ),
      async (argv) => {
        const own = withSettings(host, argv, runFlags)
        if (argv['dry-run']) await (await import('./dry-run.ts')).dryRun(own, signal)
        else await (await import('./run.ts')).run(own, signal)
      },
    )
    .command('topic', 'Create or describe the topic and its dead-letter topic', (y) =>
      y
        .usage('producer topic <create|describe>')
        .command(
          'create',
          'Create missing topics; existing ones stay unchanged, and differences are shown',
          (z) =>
            withFlags(z, topicFlags, ['KAFKA_'])
              .option('grow', {
                type: 'boolean',
                default: false,
                describe: 'add partitions to a topic that has fewer (indices move to other partitions)',
              })
              .usage(
                'producer topic create [flags]\n\nCreates the topic and its dead-letter topic if they are missing. Existing topics keep their rows and settings, and differences are shown; too few partitions are an error without --grow, and too many always.',
              ),
          async (argv) =>
            (await import('./topic.ts')).createTopics(
              withSettings(host, argv, topicFlags),
              argv.grow,
              signal,
            ),
        )
        .command(
          'describe',
          'Show both topics',
          (z) =>
            withFlags(z, topicFlags, ['KAFKA_']).usage(
              'producer topic describe [flags]\n\nShows the topic and its dead-letter topic, and where they differ from what `topic create` would create. Exit status 1 if one is missing.',
            ),
          async (argv) =>
            (await import('./topic.ts')).describeTopics(withSettings(host, argv, topicFlags), signal),
        )
        .demandCommand(1, 'missing command; expected one of create, describe'),
    )
    .demandCommand(1, 'missing command; expected one of run, topic')
    .strict()
    .check(() => refuseEmptyFlags(args))
    .fail(failUsage('producer', args))
    .version(false)
    .wrap(helpWidth(args, Math.min(120, host.stdout.columns ?? 110)))
  await runCommandLine(commands, args, host)
}

/**
 * Declares the flags as strings: the variable's own rule validates them, so that flags and variables are equally
 * strict.
 */
function withFlags(y: Argv, flags: Flags, prefixes: readonly string[]): Argv {
  for (const [flag, variable] of Object.entries(flags)) {
    y = y.option(flag, { type: 'string', requiresArg: true, describe: describe(variable) })
  }
  const others = Object.keys(schema).filter(
    (name) => prefixes.some((prefix) => name.startsWith(prefix)) && !Object.values(flags).includes(name),
  )
  const more = others.map((name) => `  ${name}  ${describe(name, false)}`)
  return y.epilogue(`Further settings, as environment variables or in .env:\n${more.join('\n')}`)
}

function describe(variable: string, withName = true): string {
  const option = schema[variable as keyof typeof schema]
  const fallback =
    'fallback' in option && option.fallback !== undefined ? `; ${option.fallback} when not set` : ''
  return `${option.doc}${fallback}${withName ? ` [${variable}]` : ''}`
}

/** The host, with the flags' values in its environment. */
function withSettings(
  { env, stdin, stdout, stderr }: CommandHost,
  argv: Readonly<Record<string, unknown>>,
  flags: Flags,
): CommandHost {
  const given = Object.entries(flags).filter(([flag]) => argv[flag] !== undefined)
  const settings = Object.fromEntries(given.map(([flag, variable]) => [variable, String(argv[flag])]))
  return { env: { ...env, ...settings }, stdin, stdout, stderr }
}
