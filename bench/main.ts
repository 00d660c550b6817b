#!/usr/bin/env node
// `make bench`: contenders alternate, each output is compared; writes bench/results/ and docs/benchmarks.md.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '@ticklake/runtime/process.ts'
import { failUsage, refuseEmptyFlags } from '@ticklake/runtime/usage.ts'
import { projectDir } from '@ticklake/stack/paths.ts'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { runBench } from './bench.ts'
import { lineOf, summaryOf, writePage } from './page.ts'
import { readResult } from './result.ts'

const args = hideBin(process.argv)

const docs = join(projectDir, 'docs')

await runCommand(async (signal) => {
  const flags = await yargs(args)
    .scriptName('bench')
    // `failUsage` recognizes yargs' messages in English only.
    .locale('en')
    .usage(
      '$0 [--quick] [--rows N] [--rounds N] [--only TEXT]\n$0 --page FILE...\n\nMeasures the services on a stack of its own, with contenders in turn. BENCH_PEER=<folder> adds Kafka Connect and Java (docs/benchmarks.md).',
    )
    .option('quick', {
      type: 'boolean',
      default: false,
      describe: 'two minutes, without a peer; writes nothing',
    })
    .option('rows', { type: 'number', describe: 'rows of the topic; 1,000,000, with --quick 200,000' })
    .option('rounds', { type: 'number', describe: 'how often each contender runs; 3, with --quick 1' })
    .option('only', { type: 'string', describe: 'only contenders and measures with this text in their name' })
    .option('page', {
      type: 'string',
      array: true,
      describe: 'write docs/benchmarks.md from these results instead',
    })
    .check(({ rows, rounds }) => {
      for (const [name, value] of Object.entries({ rows, rounds })) {
        if (value !== undefined && !(Number.isInteger(value) && value > 0))
          throw new Error(`--${name} is a whole number above 0`)
      }
      return refuseEmptyFlags(args)
    })
    .strict()
    .fail(failUsage('bench', args))
    .version(false)
    .parseAsync()
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  if (flags.page) {
    writePage(docs, flags.page.map(readResult))
    say('wrote docs/benchmarks.md')
    return
  }
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-bench-'))
  try {
    const result = await runBench(
      {
        dir,
        onMeasured: (measurement) => say(lineOf(measurement)),
        isQuick: flags.quick,
        only: flags.only ?? '',
        peer: flags.quick ? undefined : process.env.BENCH_PEER || undefined,
        rows: flags.rows ?? (flags.quick ? 200_000 : 1_000_000),
        rounds: flags.rounds ?? (flags.quick ? 1 : 3),
      },
      signal,
    )
    say(`\n${summaryOf(result)}`)
    if (result.measurements.some((each) => each.void !== undefined)) process.exitCode = 1
    if (flags.quick) return
    const file = join(projectDir, 'bench/results', `${result.at.replaceAll(/[:.]/g, '-')}.json`)
    mkdirSync(join(projectDir, 'bench/results'), { recursive: true })
    writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
    writePage(docs, [result])
    say(`wrote ${file} and docs/benchmarks.md`)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
