// What a user typed wrong is said before anything is done.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const program = join(import.meta.dirname, '../main.ts')
const env = {
  KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
  KAFKA_CONNECT_TIMEOUT_MS: '1000',
  PRODUCER_HEALTH_PORT: '0',
}

test('a file whose name the shell left empty is not taken for made-up rows', { timeout: 60_000 }, () => {
  const { status, stderr } = spawnSync(process.execPath, [program, 'run', '--csv', ''], {
    env,
    encoding: 'utf8',
  })
  expect(stderr).toMatch(/^error USAGE: --csv is empty; nothing was done\n/)
  expect(status).toBe(1)
})
