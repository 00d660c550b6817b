// Typing errors are reported before anything is done.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { inThisProcess, runHere, ServiceHere } from '@ticklake/testing/in-process.ts'
import { expect, test } from 'vitest'

const program = join(import.meta.dirname, '../main.ts')
const env = {
  KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
  KAFKA_CONNECT_TIMEOUT_MS: '1000',
  PRODUCER_HEALTH_PORT: '0',
}

test('an empty file name (an unset shell variable) does not select generated rows', {
  timeout: 60_000,
}, async () => {
  const { code, stderr } = await runHere(inThisProcess(env), 'producer', 'run', '--csv', '')
  expect(stderr).toMatch(/^error USAGE: --csv is empty; nothing was done\n/)
  expect(code).toBe(1)
})

test('a producer that stops because of its source logs it at once, and a signal ends it', {
  timeout: 60_000,
}, async () => {
  const lingering = { PRODUCER_CSV: '/no/such.csv', PRODUCER_STOP_LINGER_MS: '50000', LOG_FORMAT: 'json' }
  const child = spawn(process.execPath, [program, 'run'], {
    env: { ...env, ...lingering },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const ended = once(child, 'close')
  await expect.poll(() => said, { timeout: 40_000 }).toContain('say so for 50 s')
  child.kill('SIGTERM')
  expect(await ended).toEqual([1, null])
  expect(said).toMatch(/^error SOURCE_UNREADABLE: \/no\/such\.csv cannot be read; nothing was sent/m)
})

test('a full disk below its file of skipped rows makes it unready', { timeout: 60_000 }, async () => {
  // A file on a full disk that can be opened.
  const full = { PRODUCER_REJECTS: '/proc/self/comm', KAFKA_CONNECT_TIMEOUT_MS: '50000', LOG_FORMAT: 'json' }
  await using producer = new ServiceHere(inThisProcess({ ...env, ...full }), 'producer', ['run'])
  const { port } = await producer.logged('health at')
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([
    503,
    'the disk of /proc/self is full: 0.0 MB free, at least 8 MB are needed\n',
  ])
})
