import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test.each([
  [['--within', 'abc'], '--within is a number of seconds above 0'],
  [['--seed', ''], '--seed is empty'],
])('%j is refused before anything starts', { timeout: 60_000 }, (args, message) => {
  const program = join(import.meta.dirname, 'main.ts')
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  expect(stderr).toContain(`error USAGE: ${message}`)
  expect(status).toBe(1)
})
