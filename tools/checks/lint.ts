// The checks that need no running stack: types, format, unused code, and which folder may import which.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../stack/paths.ts'
import type { Counts } from './counts.ts'

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

/** Runs every check; the output of one that fails is shown whole. */
export function lint(): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const { name, args } of checks) {
    const begun = performance.now()
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: projectDir,
      encoding: 'utf8',
    })
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    counts[status === 0 ? 'passed' : 'failed']++
    process.stdout.write(`${status === 0 ? 'ok    ' : 'failed'}  ${name}, ${seconds} s\n`)
    if (status !== 0) process.stdout.write(`${stdout}${stderr}\n`)
  }
  return counts
}

if (import.meta.main && lint().failed > 0) process.exitCode = 1
