// What a user typed wrong is said before anything is done: neither AWS nor a broker is asked.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const program = join(import.meta.dirname, '../main.ts')
const env = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_REGION: 'us-east-1',
  KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
}

test.each([
  [['audit', '--dataset', ''], '--dataset is empty'],
  [['audit', '--compare='], '--compare is empty'],
  [['audit', '--wait', 'soon'], '--wait must be a number from 0'],
])('%j is a mistake of the command line', { timeout: 60_000 }, (args, words) => {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' })
  expect(stderr).toContain(`error USAGE: ${words}`)
  expect(status).toBe(1)
})
