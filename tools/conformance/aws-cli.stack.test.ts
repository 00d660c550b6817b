// The short form of `make conformance`: the AWS CLI's commands, which need seconds, where the suites need an hour.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectDir } from '@ticklake/stack/paths.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { expect, inject, test } from 'vitest'
import { awsCli } from '../docs/project-copy.ts'
import { failuresOf } from './reasons.ts'
import { runSuite } from './run-suite.ts'
import { suites } from './suites.ts'

test('the AWS CLI reads, writes and queries a catalog by each of its commands', async () => {
  awsCli()
  const suite = suites.find(({ name }) => name === 'aws-cli')!
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-aws-cli-'))
  const { outcomes } = await runSuite({
    suite,
    // An older version than that of `make conformance`: it is there for the tests of infra/.
    bin: join(projectDir, '.local/venv-infra/bin'),
    folder: import.meta.dirname,
    stack: inject('stackEnv'),
    dir,
    select: [],
    leaveOut: [],
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  rmSync(dir, { recursive: true })
  expect(outcomes.length).toBeGreaterThan(160)
  expect(failuresOf(suite.name, outcomes)).toEqual([])
})
