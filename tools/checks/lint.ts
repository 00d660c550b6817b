// The checks that need no running stack: types, format, unused code, and which folder may import which.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../stack/paths.ts'

interface Check {
  readonly name: string
  readonly args: readonly string[]
}

const modules = (path: string) => join(projectDir, 'node_modules', path)
const { workspaces } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as {
  workspaces: string[]
}

const checks: readonly Check[] = [
  { name: 'patterns take linear time (recheck)', args: [join(import.meta.dirname, 'linear-patterns.ts')] },
  { name: 'types (tsc)', args: [modules('typescript/bin/tsc'), '-p', '.'] },
  {
    name: 'format and lint (biome)',
    args: [modules('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'],
  },
  { name: 'unused code (knip)', args: [modules('knip/bin/knip.js')] },
  {
    name: 'imports between folders (dependency-cruiser)',
    args: [
      '--import',
      join(import.meta.dirname, 'typescript-6.mjs'),
      modules('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      ...workspaces,
    ],
  },
]

export interface LintResult {
  readonly name: string
  readonly passed: boolean
}

/** Runs one check after the other; the output of one that fails is printed whole. */
export async function lint(signal?: AbortSignal): Promise<LintResult[]> {
  const results: LintResult[] = []
  for (const { name, args } of checks) {
    const begun = performance.now()
    const { passed, output } = await runCheck(args, signal)
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    results.push({ name, passed })
    process.stdout.write(
      `${passed ? 'ok    ' : 'failed'}  ${name}, ${seconds} s\n${passed ? '' : `${output}\n`}`,
    )
  }
  return results
}

function runCheck(args: readonly string[], signal?: AbortSignal) {
  const options = { cwd: projectDir, maxBuffer: 64 * 2 ** 20, ...(signal && { signal }) }
  return new Promise<{ passed: boolean; output: string }>((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ passed: error === null, output: `${stdout}${stderr}` }),
    )
  })
}

if (import.meta.main && (await lint()).some(({ passed }) => !passed)) process.exitCode = 1
