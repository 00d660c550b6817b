// Secrets are removed from any text in one pass.
import { cpuTimer } from '@ticklake/testing/cpu-time.ts'
import { expect, test } from 'vitest'
import { redactText } from './redact.ts'

test.each([
  ['password=hunter2 next', 'password=[redacted] next'],
  ['x=password=hunter2', 'x=password=[redacted]'],
  ['db.password-old : "hunter2"', 'db.password-old : "[redacted]"'],
  ['https://me:hunter2@host/', 'https://[redacted]@host/'],
  ['Authorization: Bearer hunter2', 'Authorization: [redacted]'],
  ['a -----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY----- b', 'a [redacted] b'],
  ['a -----BEGIN PRIVATE KEY-----\nx', 'a [redacted]'],
])('%s', (text, shown) => expect(redactText(text)).toBe(shown))

test.each([
  'a',
  'a.',
  'secret',
  'authorization',
  'password=',
  '://',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  'a \\',
  ' ',
])('a run of %j takes linear time', (unit) => {
  const elapsedMs = cpuTimer()
  redactText(unit.repeat(300_000 / unit.length))
  expect(elapsedMs()).toBeLessThan(2_000)
})
