// MiniStack and Trino at their own ports, asked with and without the secret of this start.
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as openRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { miniStackCredentials, secretHeader, trinoHeaders } from '@ticklake/runtime/engine-secret.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { describe, expect, inject, test } from 'vitest'
import { installed } from './paths.ts'
import { ask as askTrino } from './trino.ts'

const env = testEnv()
const ports = inject('stackPorts')
const secret = { file: inject('secretFile'), text: readFileSync(inject('secretFile'), 'utf8') }
const miniStack = `http://127.0.0.1:${ports.miniStack}`
const trino = `http://127.0.0.1:${ports.trino}`

interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** `fetch` would not send Host, Origin or Upgrade. */
async function ask(origin: string, { method = 'GET', path, headers = {}, body }: Asked) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const request = openRequest(`${origin}${path}`, { method, headers, agent: false }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, text }))
      })
      request.on('error', reject).end(body)
    },
  )
}

const signedFor = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const known = { [secretHeader]: secret.text }

test('the secret is in its file alone, which only its owner may read', () => {
  expect(statSync(secret.file).mode & 0o777).toBe(0o600)
  const home = dirname(dirname(secret.file))
  const files = globSync(['logs/**', 'data/trino/**', 'data/ministack/**', '*.json'], { cwd: home })
    .map((name) => join(home, name))
    .filter((path) => statSync(path).isFile())
  expect(files.length).toBeGreaterThan(5)
  expect(files.filter((path) => readFileSync(path, 'utf8').includes(secret.text))).toEqual([])
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(secret.text)
})

describe('MiniStack', () => {
  test('its container knows that it serves, and that another one does not', () => {
    const other = mkdtempSync(join(tmpdir(), 'ticklake-livez-'))
    writeFileSync(join(other, 'secret'), '0'.repeat(64))
    const livez = (port: number, file: string) =>
      spawnSync(join(installed.python, 'bin/python'), [join(import.meta.dirname, 'ministack/livez.py')], {
        env: { GATEWAY_PORT: String(port), MINISTACK_SECRET_FILE: file },
      }).status
    expect(livez(ports.miniStack, secret.file)).toBe(0)
    expect(livez(ports.miniStack, join(other, 'secret'))).toBe(1)
    expect(livez(1, secret.file)).toBe(1)
    rmSync(other, { recursive: true })
  })

  const strangers: Asked[] = [
    { path: '/' },
    { path: '/', headers: { authorization: signedFor('s3') } },
    { path: '/', headers: { authorization: signedFor('s3'), host: 'rebound.example' } },
    { path: '/', headers: { authorization: signedFor('s3'), [secretHeader]: '0'.repeat(64) } },
    {
      path: `/${env.LAKE_BUCKET}?X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request&X-Amz-Signature=0`,
    },
    { path: '/', method: 'POST', headers: form, body: 'Action=CreateStack&StackName=x&TemplateBody={}' },
    { path: '/', method: 'POST', headers: { ...form, authorization: signedFor('cloudformation') } },
    {
      path: '/',
      method: 'OPTIONS',
      headers: { origin: 'http://foreign.example', 'access-control-request-method': 'PUT' },
    },
    { path: '/_ministack/reset', method: 'POST' },
    { path: '/%5fministack/reset', method: 'POST', headers: { authorization: signedFor('s3') } },
    { path: '/_ministack/config', method: 'POST', body: '{}' },
    { path: '/_ministack/health' },
    { path: '/_localstack/health' },
    { path: '/health' },
    { path: '/_ticklake/livez' },
    { path: '/2015-03-31/functions' },
    { path: '/_aws/execute-api/abcdefgh/stage/' },
    { path: '/', headers: { host: 'abcdefgh.execute-api.localhost' } },
    { path: '/v2/_catalog' },
  ]
  test.each(strangers)(
    'refuses $method $path $headers of whoever does not know the secret',
    async (asked) => {
      const { status, headers, text } = await ask(miniStack, asked)
      expect([status, text]).toEqual([403, expect.stringContaining('ask local-aws')])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    },
  )

  test('opens no WebSocket', async () => {
    const headers = {
      ...known,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    }
    expect((await ask(miniStack, { path: '/', headers })).status).toBe(403)
  })

  const codeRunners = [
    'lambda ecs eks states codebuild batch apigateway execute-api events scheduler pipes sns sqs firehose glue athena',
    'emr-serverless elasticmapreduce rds autoscaling cloudcontrolapi kinesisanalytics airflow bedrock s3-object-lambda',
  ].flatMap((line) => line.split(' '))
  test.each(codeRunners)('has no %s, also for who knows the secret', async (service) => {
    const headers = { ...known, ...form, authorization: signedFor(service) }
    const { status, text } = await ask(miniStack, { path: '/', method: 'POST', headers, body: 'Action=Any' })
    expect([status, text]).toEqual([403, expect.stringContaining(`there is no service ${service} here`)])
  })

  const s3 = () =>
    s3Client({ s3PathStyle: true }, { endpoint: miniStack, credentials: miniStackCredentials(secret.text) })
  const object = { Bucket: env.LAKE_BUCKET!, Key: `${env.LAKE_PREFIX}/kept` }

  test('keeps its objects, whichever way it is asked to forget them', async () => {
    await s3().send(new PutObjectCommand({ ...object, Body: 'kept' }))
    for (const path of ['/_ministack/reset', '/%5Fministack/reset', '//_ministack/reset', '/_localstack/x']) {
      const headers = { ...known, authorization: signedFor('s3') }
      const { status } = await ask(miniStack, { path, method: 'POST', headers, body: '{}' })
      expect([path, status]).toEqual([path, 403])
    }
    const { Body } = await s3().send(new GetObjectCommand(object))
    expect(await Body!.transformToString()).toBe('kept')
  })

  test('permits no page anything, whatever it answers', async () => {
    const headers = { ...known, authorization: signedFor('s3'), origin: 'http://foreign.example' }
    const answer = await ask(miniStack, { path: `/${object.Bucket}/${object.Key}`, headers })
    expect([answer.status, answer.text]).toEqual([200, 'kept'])
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  const code = { ZipFile: 'def handler(event, context): pass' }
  const role = 'arn:aws:iam::000000000000:role/any'
  const runners: [string, object][] = [
    ['AWS::Lambda::Function', { Runtime: 'python3.11', Handler: 'index.handler', Role: role, Code: code }],
    ['AWS::CloudFormation::CustomResource', { ServiceToken: `${role}:function:f` }],
    ['Custom::Thing', { ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:f' }],
    ['AWS::CloudFormation::Stack', { TemplateURL: `${miniStack}/x` }],
    ['AWS::ECS::TaskDefinition', { ContainerDefinitions: [{ Name: 'c', Image: 'i' }] }],
    ['AWS::StepFunctions::StateMachine', { RoleArn: role, DefinitionString: '{}' }],
    ['AWS::CodeBuild::Project', { Name: 'p', ServiceRole: role }],
    ['AWS::Glue::Job', { Role: role, Command: { Name: 'pythonshell', ScriptLocation: 's3://b/k' } }],
    ['AWS::Events::Rule', { ScheduleExpression: 'rate(1 minute)' }],
    ['AWS::SNS::Topic', {}],
  ]
  test.each(runners)('its CloudFormation makes no %s', async (Type, Properties) => {
    const cloud = new CloudFormationClient({})
    const StackName = `refused-${Type.replaceAll(':', '')}`
    const TemplateBody = JSON.stringify({ Resources: { It: { Type, Properties } } })
    const why = await cloud
      .send(new CreateStackCommand({ StackName, TemplateBody, Capabilities: ['CAPABILITY_IAM'] }))
      .then(
        async () => {
          await expect
            .poll(
              async () =>
                (await cloud.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!.StackStatus,
            )
            .toBe('ROLLBACK_COMPLETE')
          const { StackEvents } = await cloud.send(new DescribeStackEventsCommand({ StackName }))
          await cloud.send(new DeleteStackCommand({ StackName }))
          return StackEvents!.map((event) => event.ResourceStatusReason).join('\n')
        },
        (error: Error) => error.message,
      )
    expect(why).toMatch(new RegExp(`Un(recognized|supported) resource types?: \\[?${Type}`))
  })
})

describe('Trino', () => {
  const statement = { method: 'POST', path: '/v1/statement', body: 'SELECT 1' }
  const user = { 'X-Trino-User': 'athena' }
  const secure = { ...user, 'X-Forwarded-Proto': 'https' }
  const token = (header: object, signature = '') => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    return `Bearer ${encode(header)}.${encode({ sub: 'athena' })}.${signature}`
  }
  const signedWith = (key: string) => trinoHeaders('athena', key)
  const attempts: Record<string, Record<string, string>> = {
    'a name alone': user,
    'a rebound host': { ...user, host: 'rebound.example' },
    'a page': { ...user, origin: 'http://foreign.example', 'sec-fetch-site': 'cross-site' },
    'a name on a connection that claims to be encrypted': secure,
    'a password': { ...secure, authorization: `Basic ${Buffer.from('athena:').toString('base64')}` },
    'a token without a signature': { ...secure, authorization: token({ alg: 'none' }) },
    'a token of another secret': signedWith('0'.repeat(64)),
    'the token on a connection that is not encrypted': {
      ...user,
      authorization: signedWith(secret.text).Authorization!,
    },
    'a forged internal token': { ...secure, 'X-Trino-Internal-Bearer': token({ alg: 'none' }) },
  }
  const doors: Asked[] = [
    statement,
    { path: '/v1/query' },
    { path: '/v1/query/20260101_000000_00000_aaaaa', method: 'DELETE' },
    { path: '/v1/node' },
    { path: '/v1/service' },
    { path: '/v1/thread' },
    { path: '/v1/memory' },
    { path: '/v1/task' },
    { path: '/v1/jmx/mbean' },
    { path: '/metrics' },
    { path: '/ui/api/stats' },
    {
      path: '/v1/info/state',
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '"SHUTTING_DOWN"',
    },
    { path: '/v1/statement', method: 'OPTIONS' },
  ]
  test.each(Object.entries(attempts))('refuses %s at every door', async (_name, headers) => {
    for (const door of doors) {
      const { status, headers: answered } = await ask(trino, {
        ...door,
        headers: { ...door.headers, ...headers },
      })
      expect([door.path, status]).toEqual([door.path, expect.toBeOneOf([401, 403])])
      expect(Object.keys(answered).filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })

  test('has no page of its own', async () => {
    const { status, headers } = await ask(trino, { path: '/ui/' })
    expect([status, headers.location]).toEqual([303, expect.stringMatching(/\/disabled\.html$/)])
  })

  test('runs a statement of who knows the secret', async () => {
    expect(await askTrino(ports.trino, secret, 'SELECT 1')).toBe(true)
  })
})
