// Runs the tests of MiniStack's start script, which is Python.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installed } from './paths.ts'

test('the guard answers whoever knows the secret, and only the product is in the process', {
  timeout: 60_000,
}, () => {
  const { status, stderr } = spawnSync(join(installed.python, 'bin/python'), ['guard_test.py'], {
    cwd: join(import.meta.dirname, 'ministack'),
    encoding: 'utf8',
    env: { PERSIST_STATE: '0', S3_PERSIST: '0' },
  })
  expect(status, stderr).toBe(0)
})
