#!/usr/bin/env node
// `make faults`: tries to make the consumer lose or duplicate a record, and reports the result.
import { join } from 'node:path'
import { runCommand } from '@ticklake/runtime/process.ts'
import { failUsage, refuseEmptyFlags } from '@ticklake/runtime/usage.ts'
import { homeDir } from '@ticklake/stack/paths.ts'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { campaignLine, isGood, runCampaign } from './campaign.ts'

const args = hideBin(process.argv)

await runCommand(async (signal) => {
  const flags = await yargs(args)
    .scriptName('faults')
    // `failUsage` recognizes yargs' messages in English only.
    .locale('en')
    .usage(
      '$0 [--seed N] [--rounds N] [--within SECONDS]\n\nRounds of faults against real processes while rows flow; after each the lake is audited.',
    )
    .option('seed', { type: 'number', default: 1, describe: 'round i is drawn from seed + i' })
    .option('rounds', { type: 'number', default: 3, describe: 'how many' })
    .option('within', {
      type: 'number',
      describe: 'after the first, begin no round that would not end within this many seconds',
    })
    .check(({ seed, rounds, within }) => {
      if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed is a whole number from 0 on')
      if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds is a whole number from 1 on')
      if (within !== undefined && !(within > 0)) throw new Error('--within is a number of seconds above 0')
      return refuseEmptyFlags(args)
    })
    .strict()
    .fail(failUsage('faults', args))
    .version(false)
    .parseAsync()
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const sum = await runCampaign(
    {
      seed: flags.seed,
      rounds: flags.rounds,
      withinMs: flags.within === undefined ? undefined : flags.within * 1000,
      dir: join(homeDir, 'faults'),
      say,
    },
    signal,
  )
  if (sum.failed.length > 0) say(`\nfailed rounds: ${sum.failed.map((seed) => `SEED=${seed}`).join(', ')}`)
  say(campaignLine(sum))
  if (!isGood(sum) || signal.aborted) process.exitCode = 1
})
