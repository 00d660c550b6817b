// Which requests our servers accept: the rules of the dashboard, local-aws and the health ports.
import { expect, test } from 'vitest'
import type { Failure } from './errors.ts'
import { denialStatus, type GuardRules, hostNames, requireOwnRequest } from './request-guard.ts'

const rules: GuardRules = {
  listensOn: '127.0.0.1',
  allowedHosts: undefined,
  allowedHostsVariable: 'X_ALLOWED_HOSTS',
}
const page: GuardRules = { ...rules, mayBeLinkedTo: (path) => !path.startsWith('/api/') }
const s3: GuardRules = { ...rules, bucketHosts: true }

interface Ask extends Partial<GuardRules> {
  readonly url?: string
  readonly method?: string
}

/** `headers`: alternating names and values, so that one can be sent twice. */
function outcome(headers: readonly string[], { url = '/api/about', method = 'GET', ...more }: Ask = {}) {
  try {
    requireOwnRequest({ method, url, rawHeaders: headers }, { ...rules, ...more })
    return 'let in'
  } catch (error) {
    return (error as Failure).code
  }
}

test.each([
  ['127.0.0.1:8080', 'let in'],
  ['127.0.0.1', 'let in'],
  ['localhost:8080', 'let in'],
  ['LOCALHOST', 'let in'],
  ['LocalHost:65535', 'let in'],
  ['[::1]:8080', 'let in'],
  ['[::1]', 'let in'],
  ['evil.example:8080', 'HOST_REFUSED'],
  ['127.0.0.1.evil.example', 'HOST_REFUSED'],
  ['localhost.evil.example:8080', 'HOST_REFUSED'],
  ['evil-localhost', 'HOST_REFUSED'],
  ['localhost:8080, evil.example', 'HOST_REFUSED'],
  ['evil.example, localhost', 'HOST_REFUSED'],
  ['127.0.0.1@evil.example', 'HOST_REFUSED'],
  ['user:pw@localhost', 'HOST_REFUSED'],
  ['localhost:80@evil.example', 'HOST_REFUSED'],
  ['localhost/evil.example', 'HOST_REFUSED'],
  ['localhost#evil.example', 'HOST_REFUSED'],
  ['localhost\\evil.example', 'HOST_REFUSED'],
  ['localhost:', 'HOST_REFUSED'],
  ['localhost:http', 'HOST_REFUSED'],
  ['localhost:8080:8080', 'HOST_REFUSED'],
  ['localhost.', 'HOST_REFUSED'],
  ['localhost\u0000', 'HOST_REFUSED'],
  ['0.0.0.0:8080', 'HOST_REFUSED'],
  ['[::]:8080', 'HOST_REFUSED'],
  ['[::ffff:127.0.0.1]', 'HOST_REFUSED'],
  ['::1', 'HOST_REFUSED'],
  ['[::1', 'HOST_REFUSED'],
  ['[::1].evil.example', 'HOST_REFUSED'],
  ['127.1', 'HOST_REFUSED'],
  ['2130706433', 'HOST_REFUSED'],
  ['192.168.1.5:8080', 'HOST_REFUSED'],
  ['x.localhost', 'HOST_REFUSED'],
  ['*', 'HOST_REFUSED'],
  ['', 'HOST_REFUSED'],
])('a request for host %j is %s', (host, expected) => {
  expect(outcome(['Host', host])).toBe(expected)
})

test('exactly one Host header is needed', () => {
  expect(outcome([])).toBe('HOST_REFUSED')
  expect(outcome(['Host', 'localhost', 'host', 'evil.example'])).toBe('HOST_REFUSED')
  expect(outcome(['HOST', 'evil.example', 'Host', 'localhost'])).toBe('HOST_REFUSED')
  expect(outcome(['Host', 'localhost', 'Host', 'localhost'])).toBe('HOST_REFUSED')
})

test('a host name is accepted if the setting names it, or if the server listens on it', () => {
  const named = { allowedHosts: ['lake.example', 'Local-AWS:4566', '[fd00::7]'] }
  expect(outcome(['Host', 'lake.example:8443'], named)).toBe('let in')
  expect(outcome(['Host', 'local-aws:4566'], named)).toBe('let in')
  expect(outcome(['Host', 'local-aws:80'], named)).toBe('HOST_REFUSED')
  expect(outcome(['Host', '[fd00::7]:9101'], named)).toBe('let in')
  expect(outcome(['Host', 'other.example'], named)).toBe('HOST_REFUSED')
  expect(outcome(['Host', '192.168.1.5:8080'], { listensOn: '192.168.1.5' })).toBe('let in')
  expect(outcome(['Host', '[fe80::1]:8080'], { listensOn: 'fe80::1' })).toBe('let in')
  for (const listensOn of ['0.0.0.0', '::', '']) {
    expect(outcome(['Host', '0.0.0.0:8080'], { listensOn })).toBe('HOST_REFUSED')
    expect(outcome(['Host', '[::]:8080'], { listensOn })).toBe('HOST_REFUSED')
    expect(outcome(['Host', ''], { listensOn })).toBe('HOST_REFUSED')
  }
})

test.each([
  ['lake.localhost:4566', 'lake'],
  ['LAKE-1.LocalHost', 'lake-1'],
  ['lake.local-aws:4566', 'lake'],
  ['localhost', undefined],
  ['lake.127.0.0.1', 'HOST_REFUSED'],
  ['lake.[::1]', 'HOST_REFUSED'],
  ['a.b.localhost', 'HOST_REFUSED'],
  ['x.execute-api.localhost', 'HOST_REFUSED'],
  ['x.lambda-url.us-east-1.localhost', 'HOST_REFUSED'],
  ['.localhost', 'HOST_REFUSED'],
  ['..localhost', 'HOST_REFUSED'],
  ['_x.localhost', 'HOST_REFUSED'],
  ['lake.localhost.', 'HOST_REFUSED'],
  ['lake.localhost.evil.example', 'HOST_REFUSED'],
  ['lake.evil.example', 'HOST_REFUSED'],
])('with bucket host names, %j is %j', (host, expected) => {
  const asked = { method: 'GET', url: '/', rawHeaders: ['Host', host] }
  const own = { ...s3, allowedHosts: ['local-aws'] }
  if (expected === 'HOST_REFUSED') expect(() => requireOwnRequest(asked, own)).toThrow(/not this server’s/)
  else expect(requireOwnRequest(asked, own)).toMatchObject({ bucket: expected })
})

test.each([
  ['glue.us-east-1.localhost:4566', 'glue'],
  ['Glue.US-Gov-West-1.local-aws', 'glue'],
  ['localhost', undefined],
  ['lambda.us-east-1.localhost', 'HOST_REFUSED'],
  ['glue.execute-api.localhost', 'HOST_REFUSED'],
  ['glue.localhost', 'HOST_REFUSED'],
  ['x.glue.us-east-1.localhost', 'HOST_REFUSED'],
  ['glue.us-east-1.127.0.0.1', 'HOST_REFUSED'],
  ['glue.us-east-1.evil.example', 'HOST_REFUSED'],
  ['glue.us-east-1', 'HOST_REFUSED'],
])('with service host names, %j is %j', (host, expected) => {
  const asked = { method: 'GET', url: '/', rawHeaders: ['Host', host] }
  const own = { ...rules, serviceHosts: ['glue'], allowedHosts: ['local-aws'] }
  if (expected === 'HOST_REFUSED') expect(() => requireOwnRequest(asked, own)).toThrow(/not this server’s/)
  else expect(requireOwnRequest(asked, own)).toMatchObject({ service: expected })
})

test.each([
  ['localhost:4566', 'localhost:4566'],
  ['lake.localhost:4566', 'localhost:4566'],
  ['glue.us-east-1.localhost:4566', 'localhost:4566'],
  ['glue.us-east-1.localhost', 'localhost'],
])('of %j, the server’s own name is %j', (host, expected) => {
  const asked = { method: 'GET', url: '/', rawHeaders: ['Host', host] }
  expect(requireOwnRequest(asked, { ...s3, serviceHosts: ['glue'] }).own).toBe(expected)
})

test.each([
  ['http://127.0.0.1:8080', 'let in'],
  ['https://127.0.0.1:8080', 'let in'],
  ['http://127.0.0.1:9999', 'ORIGIN_REFUSED'],
  ['http://127.0.0.1', 'ORIGIN_REFUSED'],
  ['http://localhost:8080', 'ORIGIN_REFUSED'],
  ['https://evil.example', 'ORIGIN_REFUSED'],
  ['http://127.0.0.1:8080.evil.example', 'ORIGIN_REFUSED'],
  ['http://127.0.0.1:8080, https://evil.example', 'ORIGIN_REFUSED'],
  ['chrome-extension://abcdefgh', 'ORIGIN_REFUSED'],
  ['file://', 'ORIGIN_REFUSED'],
  ['null', 'ORIGIN_REFUSED'],
  ['', 'ORIGIN_REFUSED'],
])('a page of origin %s is %s', (origin, expected) => {
  for (const method of ['GET', 'POST', 'OPTIONS']) {
    expect(outcome(['Host', '127.0.0.1:8080', 'Origin', origin], { ...page, method })).toBe(expected)
    expect(outcome(['Host', '127.0.0.1:8080', 'Origin', origin], { ...page, method, url: '/' })).toBe(
      expected,
    )
  }
})

test('a second Origin, or a second Sec-Fetch-Site, hides nothing', () => {
  const own = ['Host', 'localhost', 'Origin', 'http://localhost', 'Sec-Fetch-Site', 'same-origin']
  expect(outcome(own)).toBe('let in')
  expect(outcome([...own, 'Origin', 'http://evil.example'])).toBe('ORIGIN_REFUSED')
  expect(outcome([...own, 'Sec-Fetch-Site', 'cross-site'])).toBe('ORIGIN_REFUSED')
})

test.each([
  ['same-origin', 'let in'],
  ['none', 'let in'],
  ['same-site', 'ORIGIN_REFUSED'],
  ['cross-site', 'ORIGIN_REFUSED'],
  ['Cross-Site', 'ORIGIN_REFUSED'],
  ['something new', 'ORIGIN_REFUSED'],
])('Sec-Fetch-Site: %s is %s', (site, expected) => {
  expect(outcome(['Host', 'localhost', 'Sec-Fetch-Site', site])).toBe(expected)
  expect(outcome(['Host', 'localhost', 'Sec-Fetch-Site', site], { url: '/api/stream', ...page })).toBe(
    expected,
  )
})

test('another site can link to the dashboard, but its scripts cannot call the API', () => {
  const linked = ['Host', '127.0.0.1:8080', 'Sec-Fetch-Site', 'cross-site']
  expect(outcome(linked, { ...page, url: '/' })).toBe('let in')
  expect(outcome(linked, { ...page, url: '/?x=/api/' })).toBe('let in')
  expect(outcome(linked, { ...page, url: '/', method: 'POST' })).toBe('ORIGIN_REFUSED')
  expect(outcome(linked, { ...page, url: '/api/stream' })).toBe('ORIGIN_REFUSED')
  expect(outcome(linked, { url: '/' })).toBe('ORIGIN_REFUSED')
})

test.each([
  ['/', 'let in'],
  ['//x', 'let in'],
  ['/a%20b?c=%2F', 'let in'],
  ['http://evil.example/', 'TARGET_REFUSED'],
  ['http://127.0.0.1:8080/', 'TARGET_REFUSED'],
  ['evil.example:443', 'TARGET_REFUSED'],
  ['*', 'TARGET_REFUSED'],
  ['', 'TARGET_REFUSED'],
  ['/a b', 'TARGET_REFUSED'],
  ['/a\u0000', 'TARGET_REFUSED'],
  ['/ü', 'TARGET_REFUSED'],
])('the request target %j is %s', (url, expected) => {
  expect(outcome(['Host', 'localhost'], { url })).toBe(expected)
})

test('each refusal has its status, and says which variable adds a name', () => {
  const denial = (headers: string[], url = '/') => {
    try {
      requireOwnRequest({ url, rawHeaders: headers }, rules)
    } catch (error) {
      return error
    }
  }
  const host = denial(['Host', 'evil.example']) as Failure
  expect(host.remedy).toContain('X_ALLOWED_HOSTS')
  expect(host.why).toBe('the Host header is "evil.example"')
  expect(denialStatus(host)).toBe(421)
  expect(denialStatus(denial(['Host', 'localhost', 'Origin', 'null']))).toBe(403)
  expect(denialStatus(denial(['Host', 'localhost'], '*'))).toBe(400)
  expect(denialStatus(new Error('x'))).toBeUndefined()
})

test('a list of names is read strictly', () => {
  const { parse } = hostNames({ doc: '' })
  expect(parse('producer, ,Lake.Example:8443,[fd00::1],')).toEqual([
    'producer',
    'lake.example:8443',
    '[fd00::1]',
  ])
  for (const text of ['*', '*.example', 'http://lake.example', 'a b', 'fd00::1', 'a/b', 'a@b', 'a:b:c']) {
    expect(() => parse(text)).toThrow('must be host names')
  }
})
