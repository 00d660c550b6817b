import { expect, test } from 'vitest'
import { parseSha512 } from './public-facts.ts'

const sum = '0123456789abcdef'.repeat(8)

test.each([
  ['as sha512sum writes it', `${sum}  kafka_2.13-4.3.1.tgz\n`],
  [
    'as Apache writes it',
    `kafka_2.13-4.3.1.tgz: ${sum
      .toUpperCase()
      .replace(/(.{8})/g, '$1 ')
      .replace(/(.{72})/g, '$1\n   ')}\n`,
  ],
  ['alone', sum],
])('a checksum is read %s', (_, text) => {
  expect(parseSha512(text)).toBe(sum)
})

test.each(['<html>Not found</html>', '', 'abc  file', `${sum}00  file`])('%j is no checksum', (text) => {
  expect(parseSha512(text)).toBeUndefined()
})
