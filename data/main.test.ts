import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test.each([
  [['generate', '--foo'], '--foo'],
  [['generate', '--out', '/nonexistent/x'], 'ENOENT'],
  [['generate', '--out', 'x', '--seed', '1e3'], 'node data/main.ts generate --out FILE'],
])('%j is an error in words, without a stack', { timeout: 60_000 }, (args, message) => {
  const program = join(import.meta.dirname, 'main.ts')
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(/^ +at /m)
  expect(status).toBe(1)
})
