// Secrets stay out of every line: by name at any depth, by value anywhere, also in errors of clients.
import { expect, test } from 'vitest'
import { Failure, renderError } from './errors.ts'
import { makeLogger } from './log.ts'
import { hideSecret } from './redact.ts'

const awsSecret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const awsToken = 'FwoGZXIvYXdzEJr//////////wEaDExampleToken=='
const kafkaPassword = 'correct horse "battery" staple'
const loose = 'h0rse-batt3ry'

function linesOf(say: (log: ReturnType<typeof makeLogger>) => void, format = 'json'): string {
  const written: string[] = []
  const destination = { write: (text: string) => void written.push(text) }
  const env = { LOG_FORMAT: format, AWS_SECRET_ACCESS_KEY: awsSecret, AWS_SESSION_TOKEN: awsToken }
  say(makeLogger('producer', env, destination))
  return written.join('')
}

const awsError = Object.assign(new Error(`signature of ${awsSecret} does not match`), {
  $metadata: { httpStatusCode: 403 },
  $response: { headers: { authorization: `AWS4-HMAC-SHA256 Credential=A/20261121, Signature=${loose}` } },
  config: { credentials: { accessKeyId: 'AKIA', secretAccessKey: loose, sessionToken: loose } },
})

test.each([
  ['a setting of librdkafka', { settings: { 'sasl.username': 'ann', 'sasl.password': loose } }, 'ann'],
  ['a list of nested objects', { a: [{ b: { c: { ssl_key_password: loose } } }] }, 'ssl_key_password'],
  ['whole credentials', { credentials: { accessKeyId: loose, secretAccessKey: loose } }, 'credentials'],
  ['an error of the AWS SDK', { err: awsError }, 'does not match'],
  ['the error below an error', { err: new Error('upload failed', { cause: awsError }) }, 'upload failed'],
  ['a value of the environment, in any text', { note: `got ${awsToken}` }, 'got '],
  ['a header', { headers: { Authorization: `Bearer ${loose}` } }, 'headers'],
  ['a dump of settings in a text', { why: `conf: sasl.password=${loose},client.id=x` }, 'client.id=x'],
  ['JSON in a text', { why: `{"secretAccessKey":"${loose}","region":"eu"}` }, 'eu'],
  ['a presigned address', { target: `/b/k?X-Amz-Signature=${loose}&x-id=Get` }, 'x-id=Get'],
  ['a user in an address', { url: `https://ann:${loose}@example.test/x` }, 'example.test/x'],
  ['a private key', { pem: `-----BEGIN PRIVATE KEY-----\n${loose}\n-----END PRIVATE KEY-----` }, 'pem'],
])('%s is logged without its secret', (_, facts, kept) => {
  for (const format of ['json', 'pretty']) {
    const text = linesOf((log) => log.error(facts, 'it failed'), format)
    for (const secret of [loose, awsSecret, awsToken]) expect(text).not.toContain(secret)
    expect(text).toContain('[redacted]')
    expect(text).toContain(kept)
    expect(text).toContain('it failed')
  }
})

test('a secret in the message itself is not logged', () => {
  expect(linesOf((log) => log.info(`password: ${loose}`))).not.toContain(loose)
  hideSecret(kafkaPassword)
  expect(linesOf((log) => log.info(`the broker refused ${kafkaPassword}`))).not.toContain('battery')
})

test('what is not a secret stays: each line is JSON with its service, level and numbers', () => {
  const line = linesOf((log) =>
    log.info({ partition: 3, rows: 250_000, tokens: 5, key: 'ticks/a' }, 'batch landed'),
  )
  expect(JSON.parse(line)).toMatchObject({
    service: 'producer',
    level: 'info',
    partition: 3,
    rows: 250_000,
    tokens: 5,
    key: 'ticks/a',
    msg: 'batch landed',
  })
})

test('the three lines of an error on a terminal have no secret', () => {
  hideSecret(kafkaPassword)
  const failure = new Failure({
    code: 'X',
    what: 'no',
    why: `sasl.password=${loose} or ${kafkaPassword}`,
    remedy: 'y',
  })
  const text = `${renderError(failure)}${renderError(awsError)}`
  expect(text).not.toContain(loose)
  expect(text).not.toContain('battery')
})

test('NO_COLOR, and where there is no terminal, lines have no colour; FORCE_COLOR brings it', () => {
  const colourOf = (env: Record<string, string>) => {
    const written: string[] = []
    const destination = { isTTY: true, write: (line: string) => void written.push(line) }
    makeLogger('producer', { LOG_FORMAT: 'pretty', ...env }, destination).info('hello')
    return written.join('').includes('\u001b[')
  }
  expect(colourOf({})).toBe(true)
  expect(colourOf({ NO_COLOR: '1' })).toBe(false)
  expect(colourOf({ NO_COLOR: '', FORCE_COLOR: '1' })).toBe(true)
  expect(colourOf({ TERM: 'dumb' })).toBe(false)
})
