// Who may ask the page, and who may not.
import type { Failure } from '@ticklake/runtime/errors.ts'
import { expect, test } from 'vitest'
import { requireOwnPage, securityHeaders } from './guard.ts'

const own = { host: '127.0.0.1:8080' }

function verdict(headers: Record<string, string>, path = '/api/about', allowed: string[] = []): string {
  try {
    requireOwnPage({ method: 'GET', path, headers }, allowed)
    return 'let in'
  } catch (error) {
    return (error as Failure).code
  }
}

test.each([
  ['127.0.0.1:8080', 'let in'],
  ['localhost:8080', 'let in'],
  ['LOCALHOST', 'let in'],
  ['[::1]:8080', 'let in'],
  ['evil.example:8080', 'HOST_REFUSED'],
  ['127.0.0.1.evil.example', 'HOST_REFUSED'],
  ['localhost:8080, evil.example', 'HOST_REFUSED'],
  ['127.0.0.1@evil.example', 'HOST_REFUSED'],
  ['', 'HOST_REFUSED'],
])('asked for as %j it is %s', (host, expected) => {
  expect(verdict({ host })).toBe(expected)
})

test('a name is let in when the setting names it', () => {
  expect(verdict({ host: 'lake.example:8443' }, '/', ['lake.example'])).toBe('let in')
  expect(verdict({ host: 'other.example' }, '/', ['lake.example'])).toBe('HOST_REFUSED')
})

test.each([
  ['http://127.0.0.1:8080', 'let in'],
  ['http://127.0.0.1:9999', 'ORIGIN_REFUSED'],
  ['http://localhost:8080', 'ORIGIN_REFUSED'],
  ['https://evil.example', 'ORIGIN_REFUSED'],
  ['null', 'ORIGIN_REFUSED'],
])('a page of origin %s is %s', (origin, expected) => {
  expect(verdict({ ...own, origin })).toBe(expected)
})

test('another site can link to the page, but its scripts cannot ask the interface', () => {
  expect(verdict({ ...own, 'sec-fetch-site': 'cross-site' }, '/')).toBe('let in')
  expect(verdict({ ...own, 'sec-fetch-site': 'cross-site' }, '/api/stream')).toBe('ORIGIN_REFUSED')
  expect(verdict({ ...own, 'sec-fetch-site': 'same-site' }, '/api/stream')).toBe('ORIGIN_REFUSED')
  expect(verdict({ ...own, 'sec-fetch-site': 'same-origin' }, '/api/stream')).toBe('let in')
})

test('the policy allows no inline script or style, no frame and no other site', () => {
  const policy = securityHeaders('abc')['content-security-policy']!
  expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
})
