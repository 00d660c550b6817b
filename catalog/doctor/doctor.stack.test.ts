import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '@ticklake/runtime/process.ts'
import { run } from '@ticklake/testing/catalog-commands.ts'
import {
  closedPort,
  type Ec2LikeBroker,
  type Front,
  makeAuthority,
  type Pem,
  startEc2LikeBroker,
  startFront,
  startRelay,
  startTls,
} from '@ticklake/testing/doctor-fixtures.ts'
import { catalog, ServiceHere } from '@ticklake/testing/in-process.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { Service } from '@ticklake/testing/service.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { createTopic } from '@ticklake/testing/topic.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { installed } from '../../stack/paths.ts'
import { checksFor } from './checks.ts'
import { type CheckName, examine, type Outcome } from './doctor.ts'
import { outcomeLines } from './text.ts'

const env = testEnv({ KAFKA_TOPIC_PARTITIONS: '2' })
const endpoint = env.AWS_ENDPOINT_URL!
const dir = mkdtempSync(join(tmpdir(), 'ticklake-doctor-'))
const password = 'a password that nobody may see'
const file = (name: string, content: string) => {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}
const passwordFile = file('catalog.password', `${password}\n`)
let front: Front
let broker: Ec2LikeBroker
let authority: Awaited<ReturnType<typeof makeAuthority>>

beforeAll(async () => {
  front = await startFront(endpoint)
  authority = await makeAuthority(join(dir, 'authority'))
  const certificate = await authority.sign('broker', 'IP:127.0.0.1')
  broker = await startEc2LikeBroker(installed, join(dir, 'kafka'), certificate, password)
  await createTopic(env, 2)
  await createTopic({ ...env, KAFKA_BOOTSTRAP_SERVERS: broker.plain }, 2)
})
afterEach(() => {
  front.rule = () => undefined
  process.env.AWS_ENDPOINT_URL = endpoint
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await front?.[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
})

/** The outcomes by check, up to the last one named, inclusive. */
async function diagnose(changed: Record<string, string>, last: CheckName = 'group protocol') {
  const all = {} as Record<CheckName, Outcome>
  const patient = { ...env, ...changed }
  // The SDK reads this by itself.
  process.env.AWS_ENDPOINT_URL = patient.AWS_ENDPOINT_URL
  using runs = checksFor(patient, undefined)
  for await (const outcome of examine(runs, new AbortController().signal)) {
    all[outcome.check] = outcome
    if (outcome.check === last) break
  }
  return all
}

/** Expects this check to fail with this code, and the others to be skipped because of it. */
function expectFailed(
  all: Record<CheckName, Outcome>,
  check: CheckName,
  code: string,
  ...skipped: CheckName[]
) {
  expect(all[check]).toMatchObject({ state: 'failed', failure: { code } })
  for (const name of skipped)
    expect(all[name]).toMatchObject({ state: 'skipped', because: `${check} failed` })
  const lines = outcomeLines(all[check])
  expect(lines).toHaveLength(4)
  expect(lines.join('\n')).not.toContain(password)
}

const xmlError = (status: number, code: string) => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>made to fail</Message></Error></ErrorResponse>`,
})
const s3Error = (status: number, code: string) => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>made to fail</Message></Error>`,
})
const jsonError = (type: string, message: string) => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ __type: type, Message: message, message }),
})
const isProbe = (path: string) => path.includes('/_control/doctor/')

describe('on a healthy stack', () => {
  test('everything is ok, the exit status is 0, and it says the same as JSON', async () => {
    const [table, json] = await Promise.all([
      run(env, 'catalog', 'doctor'),
      catalog(env, 'doctor', '--output', 'json'),
    ])
    expect(table.stdout).toContain('doctor: 17 ok, 0 failed, 2 skipped')
    expect(table.code).toBe(0)
    const records = JSON.parse(json.stdout) as { check: string; state: string }[]
    expect(records.map(({ check, state }) => `${state} ${check}`)).toContain('ok conditional PUT')
    expect(json.code).toBe(0)
  })

  test('a failure makes the exit status 1, in the settings too', async () => {
    const ran = await catalog({ ...env, KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, 'doctor')
    expect(ran.stdout).toContain('FAILED   configuration     CONFIG_INVALID')
    expect(ran.stdout).toContain('do:   set KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD_FILE')
    expect(ran.stdout).toContain('doctor: 0 ok, 1 failed, 18 skipped: fix configuration')
    expect(ran.code).toBe(1)
  })
})

describe('AWS', () => {
  test.each([[10], [-10]])('a clock %s minutes off', async (minutes) => {
    const date = new Date(Date.now() + minutes * 60_000).toUTCString()
    front.rule = () => ({ headers: { date } })
    const all = await diagnose({ AWS_ENDPOINT_URL: front.url }, 'clock')
    expectFailed(all, 'clock', 'CLOCK_OFF')
  })

  test('credentials that STS does not know', async () => {
    front.rule = ({ body }) =>
      body.includes('GetCallerIdentity') ? xmlError(403, 'InvalidClientTokenId') : undefined
    const all = await diagnose({ AWS_ENDPOINT_URL: front.url }, 'Athena query')
    expectFailed(all, 'credentials', 'AWS_CREDENTIALS', 'bucket', 'write', 'Glue', 'Athena query')
  })

  test('an endpoint at which nothing listens', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    const all = await diagnose({ AWS_ENDPOINT_URL: url }, 'bucket')
    expectFailed(all, 'clock', 'AWS_UNREACHABLE')
    expectFailed(all, 'credentials', 'AWS_UNREACHABLE', 'bucket')
  })

  test('a bucket that does not exist', async () => {
    const all = await diagnose({ LAKE_BUCKET: 'ticklake-is-not-there' }, 'Athena query')
    expectFailed(all, 'bucket', 'BUCKET_MISSING', 'write', 'conditional PUT', 'Athena query')
    expect(all.Glue.state).toBe('ok')
  })

  test('a bucket of someone else, and one in another region', async () => {
    front.rule = ({ method }) => (method === 'HEAD' ? { status: 403 } : undefined)
    expectFailed(await diagnose({ AWS_ENDPOINT_URL: front.url }, 'bucket'), 'bucket', 'AWS_DENIED')
    const headers = { 'x-amz-bucket-region': 'eu-west-1' }
    front.rule = ({ method }) => (method === 'HEAD' ? { status: 400, headers } : undefined)
    expectFailed(await diagnose({ AWS_ENDPOINT_URL: front.url }, 'bucket'), 'bucket', 'BUCKET_REGION')
  })

  test.each(['PUT', 'GET'])('a role that may not %s', async (denied) => {
    front.rule = ({ method, path }) =>
      method === denied && isProbe(path) ? s3Error(403, 'AccessDenied') : undefined
    const all = await diagnose({ AWS_ENDPOINT_URL: front.url }, 'conditional PUT')
    expectFailed(all, 'write', 'AWS_DENIED', 'conditional PUT')
  })

  test('a store that ignores If-None-Match, and one that does not know it', async () => {
    front.rule = ({ headers }) => {
      delete headers['if-none-match']
      return undefined
    }
    const ignored = await diagnose({ AWS_ENDPOINT_URL: front.url }, 'conditional PUT')
    expectFailed(ignored, 'conditional PUT', 'CONDITIONAL_PUT')
    front.rule = ({ headers }) => (headers['if-none-match'] ? s3Error(501, 'NotImplemented') : undefined)
    const unknown = await diagnose({ AWS_ENDPOINT_URL: front.url }, 'conditional PUT')
    expectFailed(unknown, 'conditional PUT', 'CONDITIONAL_PUT')
  })

  test('Glue that refuses, by IAM and by Lake Formation', async () => {
    const refuse = (message: string) => {
      front.rule = ({ headers }) =>
        String(headers['x-amz-target']).startsWith('AWSGlue')
          ? jsonError('AccessDeniedException', message)
          : undefined
    }
    refuse('User x is not authorized to perform: glue:GetDatabase')
    const byIam = await diagnose({ AWS_ENDPOINT_URL: front.url }, 'Glue')
    expectFailed(byIam, 'Glue', 'AWS_DENIED')
    expect(outcomeLines(byIam.Glue).join()).toContain('glue:GetDatabase')
    refuse('Insufficient Lake Formation permission(s)')
    const byLakeFormation = await diagnose({ AWS_ENDPOINT_URL: front.url }, 'Glue')
    expect(outcomeLines(byLakeFormation.Glue).join()).toContain('grant DESCRIBE')
  })

  test.each([
    ['GetWorkGroup', 'Athena workgroup', ['Athena query']],
    ['StartQueryExecution', 'Athena query', []],
  ] as const)('Athena that refuses %s', async (operation, check, skipped) => {
    front.rule = ({ headers }) =>
      headers['x-amz-target'] === `AmazonAthena.${operation}`
        ? jsonError('AccessDeniedException', `not authorized to perform: athena:${operation}`)
        : undefined
    const all = await diagnose({ AWS_ENDPOINT_URL: front.url }, 'Athena query')
    expectFailed(all, check, 'AWS_DENIED', ...skipped)
  })

  test('a workgroup that does not exist', async () => {
    const all = await diagnose({ LAKE_WORKGROUP: 'nobody' }, 'Athena query')
    expectFailed(all, 'Athena workgroup', 'QUERY_REFUSED', 'Athena query')
  })
})

describe('the broker', () => {
  const tls = (port: number | string) => ({
    KAFKA_BOOTSTRAP_SERVERS: typeof port === 'string' ? port : `127.0.0.1:${port}`,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_USERNAME: 'catalog',
    KAFKA_SASL_PASSWORD_FILE: passwordFile,
    KAFKA_SSL_CA_FILE: authority.file,
  })

  test('as on EC2, with its user, certificate and authority: all is ok', async () => {
    const all = await diagnose({ ...tls(broker.secure), KAFKA_GROUP_PROTOCOL: 'classic' })
    const bad = Object.values(all).filter(({ state }) => state === 'failed')
    expect(bad.flatMap(outcomeLines)).toEqual([])
    expect(all['broker SASL']).toMatchObject({ saw: 'catalog is authenticated with SCRAM-SHA-512' })
    expect(Object.values(all).flatMap(outcomeLines).join()).not.toContain(password)
  })

  test('without KIP-848', async () => {
    expectFailed(await diagnose(tls(broker.secure)), 'group protocol', 'GROUP_PROTOCOL')
  })

  test('a name that does not resolve', async () => {
    const all = await diagnose({ KAFKA_BOOTSTRAP_SERVERS: 'ip-10-0-0-12.ec2.internal:9092' })
    expectFailed(all, 'broker name', 'BROKER_NAME', 'broker TCP', 'advertised', 'topic', 'group protocol')
    expect(outcomeLines(all['broker name']).join()).toContain('private name')
  })

  test('a port that is closed', async () => {
    const all = await diagnose({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${await closedPort()}` })
    expectFailed(all, 'broker TCP', 'BROKER_CLOSED', 'broker TLS', 'broker API', 'topic time')
  })

  test('a certificate of another authority', async () => {
    const other = await makeAuthority(join(dir, 'other'))
    const all = await diagnose({ ...tls(broker.secure), KAFKA_SSL_CA_FILE: other.file })
    expectFailed(all, 'broker TLS', 'BROKER_CA', 'broker SASL', 'topic')
  })

  test.each([
    ['for another name', 'BROKER_CERTIFICATE_NAME', () => authority.sign('name', 'DNS:broker.test')],
    ['that has expired', 'BROKER_CERTIFICATE_TIME', () => authority.sign('old', 'IP:127.0.0.1', -1)],
  ])('a certificate %s', async (_, code, sign: () => Promise<Pem>) => {
    await using server = await startTls(await sign())
    expectFailed(await diagnose(tls(server.port), 'topic'), 'broker TLS', code, 'broker SASL', 'topic')
  })

  test('TLS to a plain listener', async () => {
    expectFailed(await diagnose(tls(broker.plain)), 'broker TLS', 'BROKER_NO_TLS', 'broker SASL', 'topic')
  })

  test('no TLS to a TLS listener', async () => {
    const all = await diagnose({ KAFKA_BOOTSTRAP_SERVERS: broker.secure })
    expectFailed(all, 'broker API', 'BROKER_PROTOCOL', 'advertised', 'topic')
  })

  test('a login at a listener without login', async () => {
    const all = await diagnose({ ...tls(broker.plain), KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' })
    expectFailed(all, 'broker SASL', 'BROKER_NO_SASL', 'broker API')
  })

  test.each([
    ['password', { KAFKA_SASL_PASSWORD_FILE: file('wrong.password', 'wrong') }, 'BROKER_PASSWORD'],
    ['user', { KAFKA_SASL_USERNAME: 'nobody' }, 'BROKER_PASSWORD'],
    ['mechanism', { KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256' }, 'BROKER_SASL_MECHANISM'],
  ] as const)('a wrong %s', async (_, changed, code) => {
    const all = await diagnose({ ...tls(broker.secure), ...changed })
    expectFailed(all, 'broker SASL', code, 'broker API', 'advertised', 'topic', 'group protocol')
  })

  test('an advertised name that only the VPC knows', async () => {
    const all = await diagnose({ KAFKA_BOOTSTRAP_SERVERS: broker.privateName })
    expectFailed(all, 'advertised', 'ADVERTISED_UNREACHABLE')
    const lines = outcomeLines(all.advertised).join('\n')
    expect(lines).toContain('sends its clients to ip-10-0-0-12.ec2.internal:9092')
    expect(lines).toContain('private name')
    // The topic is still checked: the first connection works.
    expect(all.topic.state).toBe('ok')
  })

  test('an advertised name that the certificate does not have', async () => {
    const all = await diagnose(tls(broker.misnamed))
    expect(all['broker TLS'].state).toBe('ok')
    expectFailed(all, 'advertised', 'BROKER_CERTIFICATE_NAME')
  })

  test('an advertised address at which nothing listens', async () => {
    const all = await diagnose({ KAFKA_BOOTSTRAP_SERVERS: broker.closed })
    expectFailed(all, 'advertised', 'ADVERTISED_UNREACHABLE')
    expect(outcomeLines(all.advertised).join()).toContain('the connection fails (ECONNREFUSED)')
  })

  test.concurrent.for([
    ['consumer', 'run'] as const,
    ['producer', 'run', '--rows', '1'] as const,
    ['producer', 'topic', 'create'] as const,
    ['producer', 'topic', 'describe'] as const,
  ])(
    '%s %s is not waited for longer than allowed, and is named; a stop does not wait for it',
    async ([program, ...args], { onTestFinished }) => {
      const topic = { ...env, KAFKA_TOPIC: 'behind-a-closed-door' }
      await createTopic({ ...topic, KAFKA_BOOTSTRAP_SERVERS: broker.plain }, 1).catch(() => {})
      const begin = async <T>(timeoutMs: number, start: (env: Record<string, string>) => T) => {
        const bootstrap = await startRelay(broker.closed)
        onTestFinished(() => bootstrap.close())
        const more = {
          KAFKA_BOOTSTRAP_SERVERS: bootstrap.address,
          KAFKA_CONNECT_TIMEOUT_MS: String(timeoutMs),
          CONSUMER_HEALTH_PORT: '0',
          PRODUCER_HEALTH_PORT: '0',
        }
        return { service: start({ ...topic, ...more }), bootstrap }
      }
      // Long enough for the bootstrap address to answer first, on any machine.
      const late = await begin(10_000, (own) => new ServiceHere(own, program, args))
      onTestFinished(async () => void (await late.service.stop()))
      // A process: how it ends is a part of how soon.
      const stopped = await begin(
        PATIENCE_MS,
        (own) => new Service([`${program}/main.ts`, ...args], { env: own }),
      )
      onTestFinished(async () => void (await stopped.service.stop('SIGKILL')))
      await Promise.all([late.bootstrap.answered, stopped.bootstrap.answered])
      const answeredMs = performance.now()
      // What is stopped waits for the advertised address by now.
      await sleep(1_000)
      const askedMs = performance.now()
      expect(await stopped.service.stop(), stopped.service.stderr).toBe(0)
      expect(performance.now() - askedMs).toBeLessThan(10_000)
      expect(await late.service.ended()).toBe(1)
      expect(performance.now() - answeredMs).toBeLessThan(20_000)
      expect(late.service.stderr).toMatch(
        /KAFKA_UNREACHABLE[\s\S]*answers, but no broker does at the address that it advertises \(127\.0\.0\.1:\d+\)[\s\S]*advertised\.listeners[\s\S]*make doctor/,
      )
    },
  )
})

describe('the topic', () => {
  test('that does not exist', async () => {
    const all = await diagnose({ KAFKA_TOPIC: 'nobody-made-this' })
    expectFailed(all, 'topic', 'TOPIC_MISSING', 'topic time')
  })

  test('with the producers’ time', async () => {
    const changed = { KAFKA_TOPIC: `${env.KAFKA_TOPIC}-create-time` }
    await createTopic({ ...env, ...changed }, 2, { 'message.timestamp.type': 'CreateTime' })
    expectFailed(await diagnose(changed), 'topic time', 'TOPIC_TIME')
  })

  test('with too few partitions', async () => {
    const all = await diagnose({ KAFKA_TOPIC_PARTITIONS: '3' })
    expectFailed(all, 'topic', 'TOPIC_PARTITIONS', 'topic time')
  })
})
