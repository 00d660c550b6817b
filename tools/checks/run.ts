// `make check`, `make test` and `make e2e`: lint beside one run of vitest, then where the time went, and the counts.
// `node tools/checks/run.ts test PATH` runs the files whose path contains PATH.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '@ticklake/runtime/errors.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { createVitest } from 'vitest/node'
import { homeDir, projectDir } from '../../stack/paths.ts'
import { type LintResult, lint } from './lint.ts'
import { summary } from './summary.ts'

/** The projects of vitest.config.ts that each target runs, and whether it lints. */
const targets: Readonly<Record<string, { projects: string[]; lints: boolean; reporter: 'dot' | 'verbose' }>> =
  {
    check: { projects: ['unit'], lints: true, reporter: 'dot' },
    test: { projects: ['unit*', 'stack*'], lints: true, reporter: 'dot' },
    e2e: { projects: ['e2e'], lints: false, reporter: 'verbose' },
  }

const signals = ['SIGINT', 'SIGTERM'] as const

await runCommand(async (signal) => {
  const target = targets[process.argv[2] ?? '']
  if (!target) {
    throw new Failure({
      code: 'USAGE',
      what: 'missing target; nothing was run',
      why: `expected one of ${Object.keys(targets).join(', ')}`,
      remedy: 'node tools/checks/run.ts check',
    })
  }
  const linted: Promise<LintResult[]> = target.lints ? lint(signal) : Promise.resolve([])
  const results = join(homeDir, 'test-results')
  mkdirSync(results, { recursive: true })
  const ownListeners = new Set(signals.flatMap((name) => process.listeners(name)))
  const vitest = await createVitest('test', {
    root: projectDir,
    watch: false,
    project: target.projects,
    // What CI shows of a run: each test with its seconds and its error.
    reporters: [target.reporter, ['junit', { outputFile: join(results, `${process.argv[2]}.xml`) }]],
  })
  // Vitest would end the process at once: without the summary, and without stopping the servers of the stack.
  for (const name of signals) {
    for (const listener of process.listeners(name)) {
      if (!ownListeners.has(listener)) process.off(name, listener)
    }
  }
  const cancel = () => {
    process.stdout.write(
      '\ninterrupted: tests that run are ended first; Ctrl-C again ends everything at once\n',
    )
    void vitest.cancelCurrentRun('keyboard-input')
  }
  signal.addEventListener('abort', cancel, { once: true })
  try {
    await vitest.start(process.argv.slice(3))
    const { text, failed } = summary(vitest.state, await linted)
    process.stdout.write(text)
    if (failed > 0 || signal.aborted) process.exitCode = 1
  } finally {
    signal.removeEventListener('abort', cancel)
    await vitest.close()
  }
})
