import { Failure } from '@ticklake/runtime/errors.ts'
import { describe, expect, test } from 'vitest'
import {
  type Certificate,
  diagnoseAdvertised,
  diagnoseClock,
  diagnosePartitions,
  diagnoseReach,
  diagnoseTls,
  diagnoseTopicTime,
  type Reach,
  type TlsAnswer,
} from './diagnoses.ts'
import { parseServers } from './network.ts'

const now = Date.parse('2026-03-10T12:00:00Z')
const minutes = (count: number) => new Date(now + count * 60_000).toUTCString()

function failure(diagnose: () => unknown): Failure {
  try {
    diagnose()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was wrong')
}

describe('the clock', () => {
  test.each([0, 4.9, -4.9])('%s minutes off are fine', (off) => {
    expect(diagnoseClock(minutes(off), now, now)).toContain('five minutes are allowed')
  })

  test.each([
    [10, '10 min 0 s behind'],
    [-10, '10 min 0 s ahead'],
    [-5.5, '5 min 30 s ahead'],
  ])('%s minutes off are reported with their direction', (off, text) => {
    expect(failure(() => diagnoseClock(minutes(off), now, now))).toMatchObject({
      code: 'CLOCK_OFF',
      message: expect.stringContaining(text),
    })
  })

  test('a slow answer does not count as a wrong clock', () => {
    expect(diagnoseClock(minutes(0), now - 240_000, now + 240_000)).toContain('0 s')
  })

  test.each([undefined, '', 'yesterday'])('a Date of %j is not an answer', (date) => {
    expect(failure(() => diagnoseClock(date, now, now)).code).toBe('CLOCK_UNKNOWN')
  })
})

const lost = (step: 'name' | 'tcp', code: string): Reach => ({ reached: false, step, code, reason: 'no' })
const found: Reach = { reached: true, addresses: ['198.51.100.7'] }

describe('reaching the broker', () => {
  test.each([
    [lost('name', 'ENOTFOUND'), 'BROKER_NAME'],
    [lost('tcp', 'ECONNREFUSED'), 'BROKER_CLOSED'],
    [lost('tcp', 'ETIMEDOUT'), 'BROKER_UNREACHABLE'],
    [lost('tcp', 'EHOSTUNREACH'), 'BROKER_UNREACHABLE'],
  ])('%j is %s', (reach, code) => {
    expect(failure(() => diagnoseReach('broker.example', 9094, reach)).code).toBe(code)
  })

  test('a timeout points at the security group', () => {
    expect(failure(() => diagnoseReach('broker.example', 9094, lost('tcp', 'ETIMEDOUT'))).remedy).toContain(
      'security group',
    )
  })
})

describe('what the broker advertises', () => {
  const one = (host: string, reach: Reach) => [{ nodeId: 1, host, port: 9092, reach }]
  const bootstrap = ['broker.example']

  test.each([
    ['ip-10-0-0-12.ec2.internal', lost('name', 'ENOTFOUND'), 'private name'],
    ['ip-10-0-0-12.eu-west-1.compute.internal', lost('tcp', 'ETIMEDOUT'), 'private name'],
    ['10.0.0.12', lost('tcp', 'ETIMEDOUT'), 'private address'],
    ['172.31.4.5', lost('tcp', 'EHOSTUNREACH'), 'private address'],
    ['192.168.1.5', lost('tcp', 'ECONNREFUSED'), 'private address'],
    ['kafka', lost('name', 'ENOTFOUND'), 'short name'],
    ['localhost', lost('tcp', 'ECONNREFUSED'), 'always the client’s own machine'],
  ])('an unreachable %s is reported as the private-name mistake', (host, reach, text) => {
    const reported = failure(() => diagnoseAdvertised(bootstrap, one(host, reach)))
    expect(reported).toMatchObject({ code: 'ADVERTISED_UNREACHABLE', why: expect.stringContaining(text) })
    expect(reported.message).toContain(`sends its clients to ${host}:9092`)
    expect(reported.remedy).toContain('advertised.listeners')
  })

  test.each(['172.32.0.1', '11.0.0.1', 'ec2-198-51-100-7.compute-1.amazonaws.com'])(
    '%s is not called private',
    (host) => {
      const { why } = failure(() => diagnoseAdvertised(bootstrap, one(host, lost('tcp', 'ETIMEDOUT'))))
      expect(why).toBe('the connection fails (ETIMEDOUT)')
    },
  )

  test('localhost is another machine, except when the bootstrap address is local', () => {
    const local = one('localhost', found)
    expect(failure(() => diagnoseAdvertised(bootstrap, local)).code).toBe('ADVERTISED_LOOPBACK')
    expect(diagnoseAdvertised(['127.0.0.1'], local)).toBe('localhost:9092')
  })

  test('one bad broker of three is enough', () => {
    const [good, bad] = [one('broker.example', found), one('b3.internal', lost('name', 'ENOTFOUND'))]
    expect(failure(() => diagnoseAdvertised(bootstrap, [...good, ...good, ...bad])).message).toContain(
      'b3.internal',
    )
  })
})

describe('the certificate', () => {
  const certificate: Certificate = {
    names: 'DNS:broker.test',
    issuer: 'ticklake',
    validFromMs: now - 86_400_000,
    validToMs: now + 10 * 86_400_000,
  }
  const answer = (code?: string, changed: Partial<Certificate> = {}): TlsAnswer => ({
    spoke: true,
    protocol: 'TLSv1.3',
    problem: code ? { code, reason: 'no' } : undefined,
    certificate: { ...certificate, ...changed },
  })
  const reported = (tls: TlsAnswer) => failure(() => diagnoseTls('broker.test', 9094, tls, now))

  test('a good one is reported with its names and remaining days', () => {
    expect(diagnoseTls('broker.test', 9094, answer(), now)).toBe(
      'broker.test:9094: TLSv1.3, for DNS:broker.test, 10 days left',
    )
  })

  test.each([
    [{ spoke: false, code: 'ECONNRESET', reason: 'closed' } as const, 'BROKER_NO_TLS'],
    [answer('SELF_SIGNED_CERT_IN_CHAIN'), 'BROKER_CA'],
    [answer('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'BROKER_CA'],
    [answer('ERR_TLS_CERT_ALTNAME_INVALID'), 'BROKER_CERTIFICATE_NAME'],
    [answer('CERT_HAS_EXPIRED', { validToMs: now - 1 }), 'BROKER_CERTIFICATE_TIME'],
    [answer('CERT_NOT_YET_VALID', { validFromMs: now + 1 }), 'BROKER_CERTIFICATE_TIME'],
    [answer('CERT_REVOKED'), 'BROKER_CERTIFICATE'],
  ])('%j is %s', (tls, code) => {
    expect(reported(tls).code).toBe(code)
  })

  test('an expired one of another authority is reported as expired: renewing it comes first', () => {
    expect(reported(answer('SELF_SIGNED_CERT_IN_CHAIN', { validToMs: now - 1 })).code).toBe(
      'BROKER_CERTIFICATE_TIME',
    )
  })

  test('a wrong name is reported with the names that are valid', () => {
    expect(reported(answer('ERR_TLS_CERT_ALTNAME_INVALID')).why).toBe('it is for DNS:broker.test')
  })
})

test('more partitions than wanted are fine, fewer are not', () => {
  expect(diagnosePartitions('t', 4, 3)).toBe('t, 4 partitions')
  expect(diagnosePartitions('t', 1, 1)).toBe('t, 1 partition')
  expect(failure(() => diagnosePartitions('t', 2, 3))).toMatchObject({
    code: 'TOPIC_PARTITIONS',
    remedy: expect.stringContaining('--partitions 3 --grow'),
  })
})

test.each(['CreateTime', undefined])('a topic with timestamps of type %s is refused', (type) => {
  expect(failure(() => diagnoseTopicTime('t', type)).code).toBe('TOPIC_TIME')
})

test.each([
  ['a:1', [{ host: 'a', port: 1 }]],
  [
    ' a:1 , [::1]:9092',
    [
      { host: 'a', port: 1 },
      { host: '::1', port: 9092 },
    ],
  ],
  ['PLAINTEXT://a.b:9092', [{ host: 'a.b', port: 9092 }]],
  ['a', undefined],
  ['a:0', undefined],
  ['a:65536', undefined],
  ['a:1,,b:2', undefined],
  ['', undefined],
])('bootstrap servers %j are read', (list, addresses) => {
  expect(parseServers(list)).toEqual(addresses)
})
