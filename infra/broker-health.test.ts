// The script that reports a dead broker to the Auto Scaling group, run as the instance runs it, with stand-ins of Kafka,
// the AWS CLI and curl.
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** Kafka's answer to ApiVersions: length, the number of the request, error code 0, and its list of requests. */
const served = Buffer.from('0000000a00000001000000000000', 'hex')
const REQUEST_BYTES = 14
let folder: string
let server: Server | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ticklake-health-'))
  for (const [name, body] of [
    ['aws', `echo "$@" >>'${folder}/aws.log'`],
    ['curl', 'case "$*" in *instance-id) echo i-0123 ;; *) echo token ;; esac'],
  ] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`)
    chmodSync(join(folder, name), 0o755)
  }
})

afterEach(async () => {
  if (server) await new Promise((resolve) => server!.close(resolve))
  server = undefined
  rmSync(folder, { recursive: true })
})

/** Starts a broker that gives this answer. Out: its port. */
async function broker(answer: (request: Buffer) => Buffer): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => {})
    // It comes in two pieces: bash writes up to each newline, which is the length's last byte.
    let request = Buffer.alloc(0)
    socket.on('data', (piece) => {
      request = Buffer.concat([request, piece])
      if (request.length >= REQUEST_BYTES) socket.end(answer(request))
    })
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

/** One minute of the timer. */
function checkHealth(port: number): Promise<void> {
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    SETTINGS: join(folder, 'no-settings'),
    MISSED_FILE: join(folder, 'missed'),
    BROKER_LOOPBACK_PORT: String(port),
  }
  return new Promise((resolve, reject) =>
    execFile('bash', [join(import.meta.dirname, 'broker-health.sh')], { env }, (error) =>
      error ? reject(error) : resolve(),
    ),
  )
}

const calls = () => (existsSync(join(folder, 'aws.log')) ? readFileSync(join(folder, 'aws.log'), 'utf8') : '')
const missed = () =>
  existsSync(join(folder, 'missed')) ? readFileSync(join(folder, 'missed'), 'utf8').trim() : '0'

test('a broker that answers is asked by a request of Kafka’s protocol, and the group is left alone', async () => {
  let asked = ''
  const port = await broker((request) => {
    asked = request.toString('hex')
    return served
  })
  await checkHealth(port)
  // Length 10, ApiVersions (18), version 0, request 1, no client id.
  expect(asked).toBe('0000000a0012000000000001ffff')
  expect([calls(), missed()]).toEqual(['', '0'])
})

test('ten minutes without an answer, and not nine, make the instance unhealthy', async () => {
  for (let minute = 1; minute <= 9; minute++) await checkHealth(1)
  expect([calls(), missed()]).toEqual(['', '9'])
  await checkHealth(1)
  expect(calls()).toBe('autoscaling set-instance-health --instance-id i-0123 --health-status Unhealthy\n')
})

test('one answer in between, and the count of minutes restarts', async () => {
  for (let minute = 1; minute <= 9; minute++) await checkHealth(1)
  await checkHealth(await broker(() => served))
  await checkHealth(1)
  expect([calls(), missed()]).toEqual(['', '1'])
})

test.each([
  ['closes the connection', Buffer.alloc(0)],
  ['answers with an error', Buffer.from('00000006000000010023', 'hex')],
  ['speaks another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
])('whoever %s is no broker that serves', async (_, answer) => {
  await checkHealth(await broker(() => answer))
  expect(missed()).toBe('1')
})
