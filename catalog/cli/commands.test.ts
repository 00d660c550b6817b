// A mistake on the command line is reported before anything is done: no request to AWS or a broker.
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
])('%j is a mistake of the command line', { timeout: 60_000 }, (args, text) => {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' })
  expect(stderr).toContain(`error USAGE: ${text}`)
  expect(status).toBe(1)
})
