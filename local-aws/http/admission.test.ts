// Which requests are admitted, by their head alone; foreign-requests.test.ts tests the server that uses this.

import type { OwnRequest } from '@ticklake/runtime/request-guard.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { expect, test } from 'vitest'
import { admit, protocolOf } from './admission.ts'
import { DeniedRequest } from './denied-request.ts'

type Headers = Readonly<Record<string, string>>

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
const json = { 'content-type': 'application/x-amz-json-1.1' }
const presigned = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=${'a'.repeat(64)}`
const sigV4a = (service: string) => ({
  authorization: `AWS4-ECDSA-P256-SHA256 Credential=test/20260101/${service}/aws4_request, SignedHeaders=host, Signature=${'3045'.repeat(36)}`,
})

function outcome(line: string, headers: Headers = {}, host?: Partial<OwnRequest>): string {
  const [method, url] = line.split(' ')
  try {
    return admit({ method, url, rawHeaders: Object.entries(headers).flat() }, host).service
  } catch (error) {
    if (error instanceof DeniedRequest) return `refused: ${error.reason}`
    throw error
  }
}

const target = (name: string) => ({ ...json, 'X-Amz-Target': name })

test.each<[string, string, Headers, string]>([
  ['Athena', 'POST /', { ...target('AmazonAthena.StartQueryExecution'), ...signedAs('athena') }, 'athena'],
  ['Glue', 'POST /', { ...target('AWSGlue.GetTables'), ...signedAs('glue') }, 'glue'],
  ['Glue by SigV4A', 'POST /', { ...target('AWSGlue.GetTables'), ...sigV4a('glue') }, 'glue'],
  ['STS', 'POST /', { ...form, ...signedAs('sts') }, 'sts'],
  ['STS by GET', 'GET /?Action=GetCallerIdentity', signedAs('sts'), 'sts'],
  ['IAM', 'POST /', { ...form, ...signedAs('iam') }, 'iam'],
  ['CloudFormation', 'POST /', { ...form, ...signedAs('cloudformation') }, 'cloudformation'],
  ['EC2', 'POST /', { ...form, ...signedAs('ec2') }, 'ec2'],
  ['SSM', 'POST /', { ...target('AmazonSSM.GetParameter'), ...signedAs('ssm') }, 'ssm'],
  [
    'secrets',
    'POST /',
    { ...target('secretsmanager.GetSecretValue'), ...signedAs('secretsmanager') },
    'secretsmanager',
  ],
  ['the buckets', 'GET /?x-id=ListBuckets', signedAs('s3'), 's3'],
  ['a bucket', 'PUT /lake', signedAs('s3'), 's3'],
  ['an object', 'GET /lake/_athena/a%20b//../x+y', signedAs('s3'), 's3'],
  ['a deletion of many', 'POST /lake?delete', signedAs('s3'), 's3'],
  ['an object by form type', 'PUT /lake/k', { ...form, ...signedAs('s3') }, 's3'],
  ['a presigned GET', `GET /lake/k?${presigned}`, {}, 's3'],
  ['a presigned HEAD', `HEAD /lake/k?${presigned}`, {}, 's3'],
  ['a presigned PUT', `PUT /lake/k?${presigned}`, {}, 's3'],
])('%s is let in', (_, line, headers, expected) => {
  expect(outcome(line, headers)).toBe(expected)
})

test.each<[string, string, Headers, string]>([
  ['Athena', 'POST /', target('AmazonAthena.StartQueryExecution'), 'unsigned'],
  [
    'Glue as text',
    'POST /',
    { 'content-type': 'text/plain', 'X-Amz-Target': 'AWSGlue.GetTables' },
    'unsigned',
  ],
  ['a form', 'POST /', form, 'unsigned'],
  ['a form in the query', 'GET /?Action=CreateStack', {}, 'unsigned'],
  ['CBOR', 'POST /service/Granite/operation/PutMetricData', { 'smithy-protocol': 'rpc-v2-cbor' }, 'unsigned'],
  ['S3', 'GET /lake/k', {}, 'unsigned'],
  ['an upload', 'PUT /lake/k', {}, 'unsigned'],
  ['a form upload', 'POST /lake', { 'content-type': 'multipart/form-data; boundary=x' }, 'unsigned'],
  ['a preflight', 'OPTIONS /lake/k', { 'access-control-request-method': 'PUT' }, 'unsigned'],
  ['an admin page', 'POST /_ministack/reset', {}, 'unsigned'],
  ['a password', 'GET /lake/k', { authorization: 'Basic dGVzdDp0ZXN0' }, 'signature'],
  ['SigV2', 'GET /lake/k', { authorization: 'AWS test:c2lnbmF0dXJl' }, 'signature'],
])('%s without a signature is refused', (_, line, headers, reason) => {
  expect(outcome(line, headers)).toBe(`refused: ${reason}`)
})

test.each([
  'lambda',
  'ecs',
  'states',
  'dynamodb',
  'sqs',
  'execute-api',
  'codebuild',
  'ssmmessages',
  's3-object-lambda',
  's3express',
  'constructor',
  '__proto__'.replaceAll('_', ''),
])('%s is not offered', (service) => {
  expect(outcome('POST /', { ...form, ...signedAs(service) })).toBe('refused: service')
  expect(outcome('POST /2015-03-31/functions', signedAs(service))).toBe('refused: service')
})

test.each([
  ['s3', 'Lambda.CreateFunction'],
  ['s3', 'AWSStepFunctions.CreateStateMachine'],
  ['sts', 'AWSGlue.GetTables'],
  ['cloudformation', 'CodeBuild_20161006.StartBuild'],
  ['glue', 'AmazonAthena.StartQueryExecution'],
  ['ssm', 'AmazonEC2ContainerServiceV20141113.RunTask'],
  ['ssm', 'AmazonSSM'],
  ['ssm', 'AmazonSSMx.GetParameter'],
])('a signature for %s opens nothing of %s', (service, operation) => {
  expect(outcome('POST /', { ...signedAs(service), 'x-amz-target': operation })).toBe('refused: service')
})

test('headers that say who asks for what are there once', () => {
  const twice = (name: string, values: string[]) =>
    admit({
      method: 'POST',
      url: '/',
      rawHeaders: [...Object.entries(signedAs('ssm')).flat(), ...values.flatMap((value) => [name, value])],
    })
  expect(twice('X-Amz-Target', ['AmazonSSM.GetParameter']).service).toBe('ssm')
  expect(() => twice('X-Amz-Target', ['AmazonSSM.GetParameter', 'AWSGlue.GetTables'])).toThrow(/2 times/)
  expect(() => twice('authorization', [signedAs('lambda').authorization])).toThrow(/2 times/)
})

test.each([
  '/_ministack/reset',
  '/_ministack/config',
  '//_ministack/reset',
  '/./_ministack/reset',
  '/../_ministack/reset',
  '/%5fministack/reset',
  '/%5Fministack/reset',
  '/%2f_ministack/reset',
  '/%6cake/key',
  '/\\_ministack/reset',
  '/_localstack/health',
  '/_aws/lambda-url/x/',
  '/_aws/execute-api/x/y',
  '/_alb/x',
  '/health',
  '/login',
  '/logout',
  '/oauth2/token',
  '/oauth2/%74oken',
  '/v2/email/outbound-emails',
  '/v20180820/mrap/instances',
  '/restapis/x/y/_user_request_/z',
  '/iceberg/v1/config',
  '/iceberg-x',
  '/Execute',
  '/WriteGetObjectResponse',
  '/x',
  '/..',
  '/a_b/k',
  '/-lake/k',
  '/lake;x/k',
  '/arn:aws:s3:us-east-1:0:accesspoint/x',
])('signed for S3, %s is still refused', (path) => {
  for (const method of ['GET', 'PUT', 'POST']) {
    expect(outcome(`${method} ${path}`, signedAs('s3'))).toBe('refused: path')
  }
  expect(outcome(`PUT ${path}?${presigned}`)).toBe('refused: path')
})

test('where Host names the bucket, a key may be anything but what MiniStack takes for another service', () => {
  const own = (line: string) => outcome(line, signedAs('s3'), { bucket: 'lake' })
  for (const path of [
    '/',
    '/_athena/x.csv',
    '/x',
    '/A%20b',
    '//x',
    '/a/_ministack/x',
    '/2015-03-31/functions',
  ]) {
    expect(own(`PUT ${path}`), path).toBe('s3')
  }
  for (const path of [
    '/_ministack/reset',
    '/%5fministack/reset',
    '/_%6dinistack/reset',
    '/%6cogin',
    '/iceberg/x',
    '/%69ceberg',
    '/environments/x',
    '/key-value-stores/x',
  ]) {
    expect(own(`PUT ${path}`), path).toBe('refused: path')
  }
  expect(outcome('POST /', { ...form, ...signedAs('sts') }, { bucket: 'lake' })).toBe('refused: path')
})

test('Glue has paths for Iceberg’s REST protocol, and nobody else has them', () => {
  const own = (line: string, more: Headers = {}) => outcome(line, { ...signedAs('glue'), ...more })
  for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
    expect(own(`${method} /iceberg/v1/catalogs/0/namespaces/a/tables/b?purgeRequested=true`)).toBe('glue')
    expect(outcome(`${method} /iceberg/v1/config`, signedAs('athena'))).toBe('refused: path')
  }
  expect(own('PUT /iceberg/v1/config')).toBe('refused: method')
  expect(own('GET /icebergs')).toBe('refused: path')
  expect(own('POST /iceberg/v1/config', target('AWSGlue.GetTables'))).toBe('refused: service')
  expect(outcome('GET /iceberg/v1/config')).toBe('refused: unsigned')
  expect(outcome('GET /iceberg/v1/config', signedAs('glue'), { bucket: 'lake' })).toBe('refused: path')
})

test('at the address of a service, that service is answered and no other', () => {
  const atGlue = (line: string, headers: Headers) => outcome(line, headers, { service: 'glue' })
  expect(atGlue('GET /iceberg/v1/config', signedAs('glue'))).toBe('glue')
  expect(atGlue('POST /', { ...target('AWSGlue.GetTables'), ...signedAs('glue') })).toBe('glue')
  expect(atGlue('GET /lake/k', signedAs('s3'))).toBe('refused: service')
  expect(atGlue(`GET /lake/k?${presigned}`, {})).toBe('refused: service')
  expect(atGlue('POST /', { ...form, ...signedAs('sts') })).toBe('refused: service')
})

test.each<[string, string, Headers, string]>([
  ['a deletion', `DELETE /lake/k?${presigned}`, {}, 'method'],
  ['a POST', `POST /lake/k?uploads&${presigned}`, {}, 'method'],
  ['STS', `GET /?Action=GetCallerIdentity&${presigned.replace('s3', 'sts')}`, {}, 'service'],
  ['Glue', `POST /?${presigned.replace('s3', 'glue')}`, target('AWSGlue.GetTables'), 'service'],
  ['Lambda', `GET /2015-03-31/functions?${presigned.replace('s3', 'lambda')}`, {}, 'service'],
  ['a target', `PUT /lake/k?${presigned}`, { 'x-amz-target': 'AWSGlue.GetTables' }, 'service'],
])('a presigned URL is no good for %s', (_, line, headers, reason) => {
  expect(outcome(line, headers)).toBe(`refused: ${reason}`)
})

test('a presigned URL is handed on with a header that makes it S3’s, whatever its path and Action say', () => {
  const url = `/lake/k?Action=CreateStack&${presigned}`
  expect(admit({ method: 'GET', url, rawHeaders: [] }).authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=test\/20260101\/us-east-1\/s3\/aws4_request, SignedHeaders=host, Signature=0{64}$/,
  )
  expect(
    admit({ method: 'GET', url: '/lake/k', rawHeaders: Object.entries(signedAs('s3')).flat() }).authorization,
  ).toBeUndefined()
})

test.each<[string, string, Headers]>([
  ['S3', 'OPTIONS /lake/k', signedAs('s3')],
  ['S3', 'PATCH /lake/k', signedAs('s3')],
  [
    'S3’s form upload',
    'POST /lake',
    { ...signedAs('s3'), 'Content-Type': 'Multipart/Form-Data; boundary=x' },
  ],
  ['ListBuckets', 'POST /lake', { ...signedAs('s3'), 'content-type': 'multipart/form-data' }],
  ['Glue', 'GET /', { ...signedAs('glue'), ...target('AWSGlue.GetTables') }],
  ['STS', 'PUT /', signedAs('sts')],
])('%s is not answered for another method', (_, line, headers) => {
  expect(outcome(line, headers)).toBe('refused: method')
})

test.each<[string, string, Headers, string]>([
  ['STS by another path', 'POST /lake', { ...form, ...signedAs('sts') }, 'path'],
  [
    'CloudFormation at an admin page',
    'POST /_ministack/reset',
    { ...form, ...signedAs('cloudformation') },
    'path',
  ],
  [
    'Glue at Lambda’s path',
    'POST /2015-03-31/functions',
    { ...target('AWSGlue.X'), ...signedAs('glue') },
    'path',
  ],
  ['CBOR', 'POST /service/x/operation/y', { 'content-type': 'application/cbor', ...signedAs('ssm') }, 'path'],
  [
    'CBOR at /',
    'POST /',
    { ...target('AmazonSSM.X'), 'content-type': 'application/cbor', ...signedAs('ssm') },
    'service',
  ],
  ['JSON without a target', 'POST /', { ...json, ...signedAs('glue') }, 'service'],
  ['S3 by SigV4A', 'GET /lake/k', sigV4a('s3'), 'signature'],
  ['STS by SigV4A', 'POST /', { ...form, ...sigV4a('sts') }, 'signature'],
  ['a PUT at S3’s root', 'PUT /', signedAs('s3'), 'path'],
])('%s is refused', (_, line, headers, reason) => {
  expect(outcome(line, headers)).toBe(`refused: ${reason}`)
})

test.each<[string, string, Headers, string]>([
  ['JSON by its target', 'POST /', target('DynamoDB_20120810.PutItem'), 'json'],
  ['JSON by its type', 'POST /2015-03-31/functions', { 'content-type': 'application/json' }, 'json'],
  ['a form', 'POST /', form, 'query'],
  ['an Action', 'GET /?Action=GetCallerIdentity', {}, 'query'],
  ['EC2', 'POST /', { ...form, ...signedAs('ec2') }, 'ec2'],
  ['S3 by its signature', 'PUT /lake/k', { ...form, ...signedAs('s3') }, 's3'],
  ['the rest', 'GET /lake/k', {}, 's3'],
])('%s is answered as its client reads errors', (_, line, headers, expected) => {
  const [method, url] = line.split(' ')
  expect(protocolOf({ method, url, rawHeaders: Object.entries(headers).flat() })).toBe(expected)
})
