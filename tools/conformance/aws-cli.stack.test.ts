// The short form of `make conformance`: the AWS CLI's commands, which need seconds, not the suites that need half an hour.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, inject, test } from 'vitest'
import { installClient } from './clients.ts'
import { failuresOf } from './reasons.ts'
import { runSuite } from './run-suite.ts'
import { suites } from './suites.ts'

const suite = suites.find(({ name }) => name === 'aws-cli')!
let bin: string

// The first run fetches it, as `make setup` fetches everything else.
beforeAll(async () => {
  bin = await installClient(suite, AbortSignal.timeout(110_000))
})

test('the AWS CLI reads, writes and queries a catalog by each of its commands', async () => {
  const outcomes = await runSuite({
    suite,
    bin,
    folder: import.meta.dirname,
    stack: inject('stackEnv'),
    dir: mkdtempSync(join(tmpdir(), 'ticklake-aws-cli-')),
    select: [],
    leaveOut: [],
    signal: AbortSignal.timeout(110_000),
  })
  expect(outcomes.length).toBeGreaterThan(160)
  expect(failuresOf(suite.name, outcomes)).toEqual([])
})
