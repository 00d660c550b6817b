// One run of vitest in a process of its own: runs may go on beside each other.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../stack/paths.ts'
import type { RunResult } from './count-reporter.ts'

export interface VitestRun {
  readonly projects: readonly ('unit' | 'stack' | 'e2e')[]
  /** Names of test files, or parts of them. */
  readonly files: readonly string[]
  /** How it is seen meanwhile; `verbose` gives each test a line. */
  readonly reporter: 'dot' | 'verbose'
  /** Beside the environment of now. */
  readonly env: Readonly<Record<string, string>>
  /** For what it writes. */
  readonly dir: string
  readonly signal: AbortSignal
}

/** Runs it to its end; one that dies without a report counts as a failure. */
export async function runVitest(run: VitestRun): Promise<RunResult> {
  const counts = join(mkdtempSync(join(run.dir, 'run-')), 'counts.json')
  const args = [
    join(projectDir, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...run.projects.map((project) => `--project=${project}`),
    `--reporter=${run.reporter}`,
    `--reporter=${join(import.meta.dirname, 'count-reporter.ts')}`,
    ...run.files,
  ]
  const child = spawn(process.execPath, args, {
    cwd: projectDir,
    env: { ...process.env, ...run.env, TICKLAKE_TEST_COUNTS: counts },
    stdio: ['ignore', 'inherit', 'inherit'],
    signal: run.signal,
  })
  const status = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(1))
    child.once('close', (code) => resolve(code ?? 1))
  })
  try {
    const result = JSON.parse(readFileSync(counts, 'utf8')) as RunResult
    return status !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result
  } catch {
    return { passed: 0, failed: 1, skipped: 0, skips: [], failures: [], slowest: [] }
  }
}
