#!/usr/bin/env node
// The command line of the stack; the Makefile's targets call it.
import { runCommand } from '@ticklake/runtime/process.ts'
import { failUsage, runCommandLine } from '@ticklake/runtime/usage.ts'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { down, printExports, supervise, up } from './background.ts'
import { cleanData } from './clean.ts'
import { demo } from './demo/demo.ts'
import { exec } from './exec.ts'

const args = hideBin(process.argv)

await runCommand(async (signal) => {
  const commands = yargs()
    .scriptName('stack')
    .usage('$0 <command>\n\nKafka and an AWS endpoint on this machine, as plain processes.')
    .command('demo', 'everything, with rows flowing, until Ctrl-C', {}, () => demo(signal))
    .command('up', 'start in the background, print the exports for other tools', {}, () => up(signal))
    .command('down', 'stop what runs in the background', {}, () => down())
    .command('env', 'print the exports of what runs', {}, () => printExports())
    .command('supervise', false, {}, () => supervise(signal))
    .command('clean-data', 'empty topics, lake and catalog', {}, () => cleanData())
    .command(
      'exec',
      'run a command against what runs: exec -- COMMAND',
      (command) => command.usage('$0 exec -- COMMAND').parserConfiguration({ 'populate--': true }),
      async (argv) => {
        process.exitCode = await exec((argv['--'] as string[] | undefined) ?? [])
      },
    )
    .demandCommand(1, 'missing command; expected one of demo, up, down, env, exec, clean-data')
    .strict()
    .fail(failUsage('stack', args))
    .version(false)
  await runCommandLine(commands, args, process)
})
