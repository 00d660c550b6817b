// The commands of the catalog with their help. Each loads its own module when it runs, so that none waits for the
// others' clients.
import { Failure } from '@ticklake/runtime/errors.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { failUsage, helpWidth, refuseEmptyFlags, runCommandLine } from '@ticklake/runtime/usage.ts'
import yargs, { type Argv } from 'yargs'
import { doctorFormats } from '../doctor/text.ts'
import { outputFormats } from './output.ts'
import * as pages from './pages.ts'

type Run = (host: CommandHost, signal: AbortSignal) => Promise<void>

/**
 * Runs the command that the arguments name.
 * @throws Failure for a wrong command line or configuration, and for what the command itself throws
 */
export async function commandLine(
  args: readonly string[],
  host: CommandHost,
  signal: AbortSignal,
): Promise<void> {
  const run = (command: Run) => command(host, signal)
  const commands = yargs()
    .scriptName('catalog')
    .usage(pages.catalog)
    .command(
      'declare',
      'create the database, the table, the views and the partitions',
      (y) =>
        help(y, pages.declare).option('replace', {
          type: 'boolean',
          default: false,
          describe: 'overwrite a table or view that differs',
        }),
      ({ replace }) =>
        run(async (host, signal) =>
          (await import('./declare.ts')).runDeclareCommand(host, { replace }, signal),
        ),
    )
    .command(
      'crawl',
      'run Glue’s crawler over the objects, and show the tables that it created',
      (y) =>
        output(help(y, pages.crawl)).option('compare', {
          type: 'boolean',
          default: false,
          describe: 'compare the crawled table with the declared one; exit status 1 if they differ',
        }),
      ({ compare, output }) =>
        run(async (host, signal) =>
          (await import('./crawl.ts')).runCrawlCommand(host, { compare, output }, signal),
        ),
    )
    .command(
      'query <sql>',
      'query Athena',
      (y) =>
        output(help(y, pages.query))
          .positional('sql', {
            type: 'string',
            demandOption: true,
            describe: 'the statement; `-` reads it from standard input',
          })
          .option('safe-csv', {
            type: 'boolean',
            default: false,
            describe:
              'put an apostrophe before csv cells that a spreadsheet would calculate; changes the data',
          }),
      ({ sql, output, safeCsv }) =>
        run(async (host, signal) =>
          (await import('./query.ts')).runQueryCommand(host, { sql, output, safeCsv }, signal),
        ),
    )
    .command(
      'watch',
      'show the count, its rate, freshness and lag in one line',
      (y) =>
        output(help(y, pages.watch))
          .option('every', {
            type: 'number',
            requiresArg: true,
            describe: 'seconds between two queries [CATALOG_WATCH_EVERY_MS]',
          })
          .option('times', {
            type: 'number',
            requiresArg: true,
            describe: 'stop after this many; by default, Ctrl-C stops',
          })
          .option('full', {
            type: 'boolean',
            default: false,
            describe: 'a small screen: the topic’s partitions, the lake, Athena',
          })
          .check(({ every, times }) => positive('every', every, 0.25) && positive('times', times, 1)),
      ({ every, times, output, full }) =>
        run(async (host, signal) =>
          (await import('./watch.ts')).runWatchCommand(
            host,
            { everySeconds: every, times, output, full },
            signal,
          ),
        ),
    )
    .command(
      'audit',
      'prove that each record is in the lake exactly once',
      (y) =>
        help(y, pages.audit)
          .option('deep', {
            type: 'boolean',
            default: false,
            describe: 'check every hour again, and compare all rows with what Kafka still has',
          })
          .option('wait', {
            type: 'number',
            requiresArg: true,
            describe: 'wait at most this many seconds until everything produced before now has landed',
          })
          .option('dataset', {
            type: 'string',
            requiresArg: true,
            describe: 'audit this dataset of the topic, with the table of the same name [LAKE_DATASET]',
          })
          .option('compare', {
            type: 'string',
            requiresArg: true,
            describe: 'then compare it with this dataset of the same topic, row by row',
          })
          .check(({ wait }) => positive('wait', wait, 0)),
      ({ deep, wait, dataset, compare }) =>
        run(async (host, signal) =>
          (await import('./audit.ts')).runAuditCommand(
            host,
            { deep, waitSeconds: wait, dataset, compare },
            signal,
          ),
        ),
    )
    .command(
      'doctor',
      'check settings, AWS and the broker, and say what is wrong and how to fix it',
      (y) =>
        help(y, pages.doctor)
          .option('partitions', {
            type: 'number',
            requiresArg: true,
            describe: 'the minimum number of partitions of the topic [KAFKA_TOPIC_PARTITIONS]',
          })
          .option('output', {
            choices: doctorFormats,
            default: 'table' as const,
            describe: 'a line per check as it ends, or one array at the end',
          })
          .check(({ partitions }) => positive('partitions', partitions, 1)),
      ({ partitions, output }) =>
        run(async (host, signal) =>
          (await import('./doctor.ts')).runDoctorCommand(host, { partitions, output }, signal),
        ),
    )
    .command(
      'compact',
      'merge the small objects of closed hours into a few large ones',
      (y) =>
        help(y, pages.compact).option('hour', {
          type: 'string',
          requiresArg: true,
          describe: 'only this hour (UTC), such as 2026-11-21T09',
        }),
      ({ hour }) =>
        run(async (host, signal) => (await import('./compact.ts')).runCompactCommand(host, { hour }, signal)),
    )
    .command(
      'serve',
      'register partitions, crawl on a schedule, serve the dashboard and metrics',
      (y) =>
        help(y, pages.serve).option('allow-crawl', {
          type: 'boolean',
          default: false,
          describe: 'let the dashboard start the crawler',
        }),
      ({ allowCrawl }) =>
        run(async (host, signal) =>
          (await import('./serve.ts')).runServeCommand(host, { allowCrawl }, signal),
        ),
    )
    .command(
      'alerts <action>',
      'check alerts.yml, and print what the alerts cost a day',
      (y) =>
        help(y, pages.alerts)
          .positional('action', { choices: ['plan'] as const, demandOption: true, describe: 'what to do' })
          .option('measure', {
            type: 'boolean',
            default: false,
            describe: 'run each statement once, and use the bytes that it scans',
          }),
      ({ measure }) =>
        run(async (host, signal) =>
          (await import('./alerts.ts')).runAlertsPlanCommand(host, { measure }, signal),
        ),
    )
    .demandCommand(
      1,
      'missing command; expected one of declare, crawl, query, watch, audit, compact, doctor, serve, alerts',
    )
    .strict()
    .check(() => refuseEmptyFlags(args))
    .fail(failUsage('catalog', args))
    .version(false)
    .wrap(helpWidth(args, Math.min(120, host.stdout.columns ?? 110)))
  await runCommandLine(commands, args, host)
}

function help<T>(y: Argv<T>, { usage, examples, epilogue }: pages.HelpText): Argv<T> {
  for (const [command, description] of examples) y.example(command, description)
  return y.usage(usage).epilogue(epilogue)
}

function output<T>(y: Argv<T>) {
  return y.option('output', {
    choices: outputFormats,
    default: 'table' as const,
    describe: 'how rows are written to standard output',
  })
}

function positive(name: string, value: number | undefined, least: number): true {
  if (value !== undefined && !(value >= least)) {
    throw new Failure({
      code: 'USAGE',
      what: `--${name} must be a number from ${least}; nothing was done`,
      remedy: `node catalog/main.ts ... --${name} ${Math.max(1, least)}`,
    })
  }
  return true
}
