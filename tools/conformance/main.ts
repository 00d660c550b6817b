#!/usr/bin/env node
// `make conformance`: runs other projects' clients against local-aws, and writes docs/compatibility.md.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, renderError } from '@ticklake/runtime/errors.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { failUsage } from '@ticklake/runtime/usage.ts'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { adoptStack } from '../../stack/environment.ts'
import { localDir, projectDir } from '../../stack/paths.ts'
import { startStack } from '../../stack/stack.ts'
import { installClient, suiteFolder } from './clients.ts'
import {
  compatibilityPage,
  entryOnPage,
  type PageEntry,
  pageEntry,
  type SuiteResult,
  suiteResult,
} from './page.ts'
import { prepareAccount } from './prepare.ts'
import { failuresOf } from './reasons.ts'
import { mergeResults, readResults, type SuiteResults, testsNotRun, writeResults } from './results.ts'
import { EndedEarly, runSuite, type SuiteOutcomes } from './run-suite.ts'
import { bucket, type Suite, suites } from './suites.ts'

/** The newest outcomes of each suite that has run on this machine. */
const kept = join(localDir, 'conformance/results')

await runCommand(async (signal) => {
  const argv = await yargs(hideBin(process.argv))
    .scriptName('conformance')
    // `failUsage` recognizes yargs' messages in English only.
    .locale('en')
    .usage('$0\n\nRun the test suites of clients against local-aws, and write docs/compatibility.md.')
    .option('only', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: `some of ${suites.map(({ name }) => name).join(', ')}`,
    })
    .option('suites', {
      type: 'string',
      describe: 'a folder with checkouts of the suites that are in no package',
    })
    .option('select', {
      type: 'string',
      describe: 'only tests whose name has this (pytest -k); the others keep their results',
    })
    .option('unpassed', {
      type: 'boolean',
      default: false,
      describe: 'only tests that have not passed yet, so that an ended run goes on',
    })
    .strict()
    .fail(failUsage('conformance', hideBin(process.argv), 'tools/conformance/main.ts'))
    .version(false)
    .parseAsync()
  const chosen = suites.filter(({ name }) => argv.only.length === 0 || argv.only.includes(name))
  // A folder for each choice, so that runs of different suites do not disturb each other.
  const dir = join(localDir, 'conformance/run', argv.only.join('+') || 'all')
  // Each run begins with an empty account.
  rmSync(join(dir, 'stack'), { recursive: true, force: true })
  await using stack = await startStack({
    dir: join(dir, 'stack'),
    ports: 'free',
    bucket,
    kafka: false,
    signal,
  })
  adoptStack(stack.env)
  await prepareAccount()
  const results: SuiteResult[] = []
  let leftOut = 0
  for (const suite of chosen) {
    const result = await resultOf(suite)
    if (result) results.push(result)
    else leftOut += 1
  }
  writePage()
  const toDo = results.flatMap(({ failures }) => failures).filter(({ reason }) => reason === 'to do').length
  process.stdout.write(`conformance: suites ${results.length}, left out ${leftOut}, failures to do ${toDo}\n`)
  if (results.length === 0 || toDo > 0) process.exitCode = 1

  async function resultOf(suite: Suite): Promise<SuiteResult | undefined> {
    try {
      const bin = await installClient(suite, signal)
      const folder = await suiteFolder(suite, bin, argv.suites, signal)
      const file = resultsFile(suite)
      const known = readResults(file)
      const select = argv.select === undefined ? [] : ['-k', argv.select]
      const unfailed = known.outcomes.filter(({ outcome }) => outcome !== 'failed').map(({ test }) => test)
      const leaveOut = argv.unpassed ? unfailed : []
      const record = (run: SuiteOutcomes): void => {
        writeResults(file, mergeResults(known, run, new Date().toISOString().slice(0, 10)))
        printOutcomes(suite, run)
      }
      try {
        const run = await runSuite({ suite, bin, folder, stack: stack.env, dir, select, leaveOut, signal })
        if (run.outcomes.length === 0 && leaveOut.length === 0)
          throw nothingRan(suite, join(dir, `${suite.name}.log`))
        record(run)
        return suiteResult(suite, readResults(file))
      } catch (error) {
        if (!(error instanceof EndedEarly)) throw error
        record(error.reached)
        throw error.cause
      }
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'SUITE_NOT_REACHED') throw error
      process.stderr.write(`${renderError(error)}\n`)
      return undefined
    }
  }
})

function resultsFile({ name }: Suite): string {
  return join(kept, `${name}.json`)
}

/** Shows the results of this run. */
function printOutcomes(suite: Suite, { outcomes }: SuiteOutcomes): void {
  const failures = failuresOf(suite.name, outcomes)
  const count = (wanted: string) => outcomes.filter(({ outcome }) => outcome === wanted).length
  process.stdout.write(
    `${suite.name.padEnd(20)} passed ${count('passed')}, failed ${failures.length}, skipped ${count('skipped')}\n`,
  )
  for (const { test, reason, why } of failures) process.stdout.write(`  ${reason}: ${test}\n      ${why}\n`)
}

/**
 * Writes docs/compatibility.md. A suite with tests that have no outcome on this machine keeps its part of the page,
 * so that a run of one suite updates only its row.
 */
function writePage(): void {
  const path = join(projectDir, 'docs/compatibility.md')
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const entries: PageEntry[] = []
  for (const suite of suites) {
    const results = readResults(resultsFile(suite))
    const why = whyIncomplete(results)
    const entry = why === undefined ? pageEntry(suiteResult(suite, results)) : entryOnPage(before, suite)
    if (why !== undefined) {
      const what = entry ? 'keeps what docs/compatibility.md says of it' : 'is not in docs/compatibility.md'
      process.stdout.write(`conformance: ${suite.name} ${what}: ${why}\n`)
    }
    if (entry) entries.push(entry)
  }
  writeFileSync(path, compatibilityPage(entries))
  process.stdout.write('conformance: wrote docs/compatibility.md\n')
}

/** Why a suite's results cannot be written; undefined once every test of it has an outcome. */
function whyIncomplete(results: SuiteResults): string | undefined {
  if (results.tests.length === 0) return 'it has not run here'
  const notRun = testsNotRun(results).length
  return notRun === 0 ? undefined : `${notRun} of its tests have not run here`
}

/** Without any outcome the client did not even start. */
function nothingRan(suite: Suite, log: string): Failure {
  return new Failure({
    code: 'NOTHING_RAN',
    what: `${suite.name}: not one test ran; docs/compatibility.md is not written`,
    remedy: `read ${log}`,
  })
}
