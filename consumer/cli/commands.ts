// The commands that a user types, and the pages that `--help` shows.

import type { Schema } from '@ticklake/runtime/env.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { failUsage, helpWidth, refuseEmptyFlags, runCommandLine } from '@ticklake/runtime/usage.ts'
import yargs from 'yargs'
import { consumerSchema } from '../config.ts'
import { dlqCommands } from '../dead-letters/commands.ts'

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
    .scriptName('consumer')
    .usage(
      '$0 <command>\n\nLands a Kafka topic in S3: every record in exactly one object, or in one dead-letter file.',
    )
    .command(
      'run',
      'land the topic until SIGINT or SIGTERM, or until its end',
      (command) =>
        command
          .usage(
            '$0 run [--from earliest|TIME] [--dataset NAME] [--until-end]\n\nA new dataset begins at offset 0; an existing one continues where its claims end. A second dataset of the same topic has its own folder, claims, group (ticklake-NAME) and table, and never touches the first.',
          )
          .option('from', {
            type: 'string',
            requiresArg: true,
            describe:
              'where a new dataset begins: `earliest` (the first record that Kafka still has), or a day or time in UTC. Earlier records are recorded as skipped. A dataset keeps its start point: the same --from continues, another one is refused',
          })
          .option('dataset', { type: 'string', requiresArg: true, describe: 'the dataset [LAKE_DATASET]' })
          .option('until-end', {
            type: 'boolean',
            describe:
              'end with status 0 when every record that the topic has at the start has landed, without waiting for a flush age',
          })
          .example('$0 run', 'the whole topic, until stopped')
          .example('$0 run --until-end', 'what the topic has now, for a scheduled job')
          .example(
            '$0 run --from earliest --dataset again',
            'everything in Kafka again, into a second dataset',
          )
          .example('$0 run --from 2026-11-21T09:00:00Z --dataset since_nine', 'everything since nine')
          .epilogue(describeVariables(consumerSchema)),
      async ({ from, dataset, untilEnd }) =>
        (await import('./run.ts')).run(host, { from, dataset, untilEnd }, signal),
    )
    .command('dlq', 'rejected records: list, show, replay', (command) => dlqCommands(command, host))
    .command(
      'withdraw',
      'compare refused partitions with Kafka again; withdraw what was refused wrongly',
      (command) =>
        command
          .usage(
            '$0 withdraw [--dataset NAME]\n\nA partition that was refused with TOPIC_TRUNCATED is read again only if Kafka provably has all that landed: the last landed record at its offset, with the same digest and leader epoch. Then an object beside the refusal withdraws it; nothing is deleted. A refusal stays if Kafka has another record there, no longer has it, or the claim lacks digest or leader epoch; the exit status is then 1. Start the consumer again afterwards: it compares once more.',
          )
          .option('dataset', { type: 'string', requiresArg: true, describe: 'the dataset [LAKE_DATASET]' })
          .example('$0 withdraw', 'after a broker got its log back'),
      async ({ dataset }) => (await import('./withdraw.ts')).withdraw(host, { dataset }, signal),
    )
    .demandCommand(1, 'missing command; expected one of run, dlq, withdraw')
    .strict()
    .check(() => refuseEmptyFlags(args))
    .version(false)
    .wrap(helpWidth(args, Math.min(80, host.stdout.columns ?? 80)))
    .fail(failUsage('consumer', args))
  await runCommandLine(commands, args, host)
}

function describeVariables(schema: Schema): string {
  const lines = Object.entries(schema).map(([name, { kind, doc, fallback }]) => {
    const value = fallback === undefined ? '' : ` [${fallback}]`
    return `  ${name}${value}\n      ${doc} (${kind})`
  })
  return `Environment (beside KAFKA_*, LAKE_* and the AWS SDK's own, see .env.example):\n${lines.join('\n')}`
}
