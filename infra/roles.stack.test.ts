// Evaluates each S3 request that the services really send against the role that the template creates for the service.
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import { catalog } from '@ticklake/testing/in-process.ts'
import type { ProxiedRequest } from '@ticklake/testing/s3-proxy.ts'
import { createTopic, produce, ticks } from '@ticklake/testing/topic.ts'
import { expect, test, vi } from 'vitest'
import { allows, type Call, type Policy } from './iam-policy.ts'
import { likeAws, resolveTemplate } from './resolved-template.ts'
import { makeTemplate } from './template.ts'

const HOUR_MS = 3_600_000
const DELETE_AFTER_MS = 2_000

type Env = Readonly<Record<string, string>>

function policiesOf(role: string, env: Env): Policy[] {
  const Bucket = env.LAKE_BUCKET!
  const { resources } = resolveTemplate(makeTemplate(), {
    ...likeAws,
    parameters: { ...likeAws.parameters, LakePrefix: env.LAKE_PREFIX! },
    ids: { ...likeAws.ids, Bucket, 'Bucket.Arn': `arn:aws:s3:::${Bucket}` },
  })
  const { Policies } = resources[role]!.Properties as { Policies: { PolicyDocument: Policy }[] }
  return Policies.map(({ PolicyDocument }) => PolicyDocument)
}

/** The IAM actions of a request to S3; empty for a request to another service. */
function callsOf({ method, target, headers, body }: ProxiedRequest): Call[] {
  if (headers['x-amz-target'] !== undefined || (method === 'POST' && target === '/')) return []
  const url = new URL(target, 'http://s3')
  const [, bucket, ...rest] = url.pathname.split('/').map(decodeURIComponent)
  const arn = (key: string) => [`arn:aws:s3:::${bucket}${key && `/${key}`}`]
  const key = rest.join('/')
  const context: Record<string, string> = {}
  for (const header of ['if-none-match', 'if-match']) {
    const value = headers[header]
    if (value !== undefined) context[`s3:${header}`] = String(value)
  }
  if (url.searchParams.has('delete')) {
    const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, each]) => each!)
    return keys.map((each) => ({ action: 's3:DeleteObject', resources: arn(each) }))
  }
  if (key === '' && url.searchParams.has('location'))
    return [{ action: 's3:GetBucketLocation', resources: arn('') }]
  if (key === '') return [{ action: 's3:ListBucket', resources: arn('') }]
  if (method === 'GET' || method === 'HEAD') return [{ action: 's3:GetObject', resources: arn(key) }]
  if (method === 'DELETE') return [{ action: 's3:DeleteObject', resources: arn(key) }]
  return [{ action: 's3:PutObject', resources: arn(key), context }]
}

/** A rule for the proxy that passes everything on and records it. */
function recording() {
  const calls: Call[] = []
  const rule = (request: ProxiedRequest): undefined => {
    calls.push(...callsOf(request))
    return undefined
  }
  return { calls, rule }
}

/** `s3:PutObject ticks`: the recorded kinds of requests, by action and folder below the prefix. */
const kinds = (calls: readonly Call[], { LAKE_PREFIX }: Env) =>
  new Set(
    calls.map(({ action, resources: [resource] }) => {
      const [folder = '', , kind] = resource!.split(`/${LAKE_PREFIX}/`)[1]?.split('/') ?? []
      return `${action} ${folder === '_control' ? `_control ${kind}` : folder}`.trim()
    }),
  )

test('consumer and catalog ask S3 for nothing that their roles refuse', async (scope) => {
  const it = new ConsumerCase(scope, { CATALOG_COMPACT_DELETE_AFTER_MS: String(DELETE_AFTER_MS) })
  await createTopic(it.env, 2, { 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1' })
  const yesterday = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 24 * HOUR_MS
  let sent = 0
  const send = (hours: number) => {
    const messages = [...ticks(100, 2, 25)].map((message, i) => ({
      ...message,
      timestampMs: yesterday + hours * HOUR_MS + i,
    }))
    sent += messages.length
    return produce(it.env, messages)
  }

  const consumed = recording()
  await send(0)
  const consumer = it.consume(await it.behindProxy(consumed.rule))
  await it.landed(sent)
  // A second object of the hour, so that there is something to compact, and a later hour, so that it can close.
  for (const hours of [0, 1]) {
    await send(hours)
    await it.landed(sent)
  }
  await consumer.stop()
  const refused = (role: string, calls: readonly Call[]) => {
    const policies = policiesOf(role, it.env)
    return calls.filter((call) => !allows(policies, call))
  }
  expect(refused('ConsumerRole', consumed.calls)).toEqual([])
  expect([...kinds(consumed.calls, it.env)]).toEqual(
    expect.arrayContaining([
      's3:PutObject ticks',
      's3:PutObject _control dataset.json',
      's3:PutObject _control claims',
      's3:PutObject _control dead',
    ]),
  )

  const cataloged = recording()
  const env = { ...it.env, ...(await it.behindProxy(cataloged.rule)) }
  // From now on all requests of this process are recorded.
  vi.stubEnv('AWS_ENDPOINT_URL', env.AWS_ENDPOINT_URL)
  scope.onTestFinished(() => void vi.unstubAllEnvs())
  const run = async (...args: string[]) => {
    const { code, stderr } = await catalog(env, ...args)
    expect(code, `catalog ${args[0]}: ${stderr}`).toBe(0)
  }
  await run('declare')
  // Its result does not matter here, only that it writes its probe. It is slow, so it runs beside the others.
  const doctor = catalog(env, 'doctor')
  await run('audit')
  await run('compact')
  await new Promise((resolve) => setTimeout(resolve, DELETE_AFTER_MS + 1_000))
  await run('compact')
  await run('query', 'SELECT COUNT(*) FROM ticks')
  await doctor
  expect(refused('CatalogRole', cataloged.calls)).toEqual([])
  expect([...kinds(cataloged.calls, it.env)]).toEqual(
    expect.arrayContaining([
      's3:DeleteObject ticks',
      's3:PutObject _compacted',
      's3:PutObject _control compacted',
      's3:PutObject _control switched',
      's3:PutObject _control tables',
      's3:PutObject _control probe.json',
    ]),
  )
})
