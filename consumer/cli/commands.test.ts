// Typing errors are reported before anything is done: neither broker nor S3 is asked.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { inThisProcess, runHere } from '@ticklake/testing/in-process.ts'
import { expect, test } from 'vitest'

const program = join(import.meta.dirname, '../main.ts')
const env = {
  KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
  KAFKA_CONNECT_TIMEOUT_MS: '1000',
  CONSUMER_HEALTH_PORT: '0',
}
const aws = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
}

const type = (args: string[]) => runHere(inThisProcess(env), 'consumer', ...args)

test.each([
  [['run', '--dataset', ''], '--dataset is empty'],
  [['dlq', 'list', '--partition', 'abc'], '--partition must be a whole number from 0'],
  [['dlq', 'replay', '--partition', '1.5'], '--partition must be a whole number from 0'],
  [['dlq', 'list', '--reason', 'bad_dat'], '--reason cannot be bad_dat'],
  [['dlq', 'replay', '0:5', '--mended', 'f'], '--mended already names the records'],
])('%j is a mistake of the command line', { timeout: 60_000 }, async (args, message) => {
  const { code, stderr } = await type(args)
  expect(stderr).toContain(`error USAGE: ${message}`)
  expect(code).toBe(1)
})

test('a missing file is named, without a stack trace', { timeout: 60_000 }, async () => {
  const { code, stderr } = await type(['dlq', 'replay', '0:5', '--value', 'nowhere.json'])
  expect(stderr).toMatch(/^error NOT_THERE: .*\n {2}why: ENOENT.*nowhere\.json/)
  expect(code).toBe(1)
})

test('a consumer that stops with an error lingers to say why on its port, until a signal or a timeout', {
  timeout: 60_000,
}, async () => {
  const child = spawn(process.execPath, [program, 'run'], {
    env: { ...env, ...aws, CONSUMER_STOP_LINGER_MS: '50000', LOG_FORMAT: 'json' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const ended = once(child, 'close')
  await expect.poll(() => said, { timeout: 40_000 }).toContain('say so for 50 s')
  const port = /"port":(\d+)/.exec(said)![1]
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([
    503,
    expect.stringMatching(/^stopped by KAFKA_UNREACHABLE: no broker answered at 127.0.0.1:1 within 1 s/),
  ])
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(metrics).toContain('ticklake_stopped{code="KAFKA_UNREACHABLE",service="consumer"} 1')
  child.kill('SIGTERM')
  expect(await ended).toEqual([1, null])
  expect(said).toMatch(/^error KAFKA_UNREACHABLE: no broker answered/m)
})
