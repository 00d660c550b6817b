// What a user typed wrong is said before anything is done: no broker and no S3 is asked.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const program = join(import.meta.dirname, 'main.ts')
const env = {
  KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
  KAFKA_CONNECT_TIMEOUT_MS: '1000',
  CONSUMER_HEALTH_PORT: '0',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
}

const type = (args: string[]) => spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' })

test.each([
  [['run', '--dataset', ''], '--dataset is empty'],
  [['dlq', 'list', '--partition', 'abc'], '--partition must be a whole number from 0'],
  [['dlq', 'replay', '--partition', '1.5'], '--partition must be a whole number from 0'],
  [['dlq', 'list', '--reason', 'bad_dat'], '--reason cannot be bad_dat'],
  [['dlq', 'replay', '0:5', '--mended', 'f'], '--mended says itself which records'],
])('%j is a mistake of the command line', { timeout: 60_000 }, (args, words) => {
  const { status, stderr } = type(args)
  expect(stderr).toContain(`error USAGE: ${words}`)
  expect(status).toBe(1)
})

test('a file that is not there is named, without a stack', { timeout: 60_000 }, () => {
  const { status, stderr } = type(['dlq', 'replay', '0:5', '--value', 'nowhere.json'])
  expect(stderr).toMatch(/^error NOT_THERE: .*\n {2}why: ENOENT.*nowhere\.json/)
  expect(status).toBe(1)
})
