// The real S3 server behind the endpoint: what its clients may do, and what nobody can reach through it.
import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { lakeConfig } from '@ticklake/aws/config.ts'
import { signedAs } from '@ticklake/testing/signed-as.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { beforeAll, expect, test } from 'vitest'

const lake = lakeConfig(testEnv())
const s3 = new S3Client({ forcePathStyle: true })
const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL!)
const path = `/${lake.bucket}/${lake.prefix}/clients/a%20b`

beforeAll(() => put('written'))

function put(Body: string) {
  return s3.send(new PutObjectCommand({ Bucket: lake.bucket, Key: `${lake.prefix}/clients/a b`, Body }))
}

interface Ask {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** The target is sent as written, which fetch would not do. */
async function ask({ method = 'GET', path: target, headers = {}, body }: Ask): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: hostname, port, method, path: target, headers }, (answer) => {
      const cors = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))
      text(answer).then((said) => resolve(`${answer.statusCode} ${said}${cors}`), reject)
    })
    asking.on('error', reject).end(body)
  })
}

/** A presigned URL's target, made by the SDK's own signer. */
async function presigned(method: string, host = `${hostname}:${port}`, at = path): Promise<string> {
  const signer = (await s3.config.signer()) as unknown as {
    presign(asked: object, options: object): Promise<{ query: Record<string, string> }>
  }
  const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
  const asked = { method, protocol: 'http:', hostname, port: Number(port), path: at, query: {}, headers }
  const { query } = await signer.presign(asked, { expiresIn: 60 })
  return `${at}?${new URLSearchParams(query)}`
}

test('a presigned GET and PUT work, and the S3 server checks their signature', async () => {
  expect(await ask({ path: await presigned('GET') })).toBe('200 written')
  expect(await ask({ method: 'PUT', path: await presigned('PUT'), body: 'by a presigned PUT' })).toBe('200 ')
  expect(await ask({ path: await presigned('GET') })).toBe('200 by a presigned PUT')
  const bent = (await presigned('GET')).replace(/X-Amz-Signature=.{8}/, 'X-Amz-Signature=00000000')
  expect(await ask({ path: bent })).toMatch(/^403 [\s\S]*SignatureDoesNotMatch/)
  await put('written')
})

test('a presigned URL reaches nothing but S3, whatever its query says', async () => {
  const action = `${await presigned('GET')}&Action=CreateUser&UserName=evil`
  expect(await ask({ path: action })).toMatch(/^403 [\s\S]*SignatureDoesNotMatch/)
  const functions = await presigned('GET', `${hostname}:${port}`, '/2015-03-31/functions')
  expect(await ask({ path: functions })).toMatch(/^404 [\s\S]*NoSuchBucket/)
})

test('a presigned URL of version 2, as boto3 makes it, is let in', async () => {
  const expires = String(Math.floor(Date.now() / 1000) + 60)
  const signature = createHmac('sha1', 'test').update(`GET\n\n\n${expires}\n${path}`).digest('base64')
  const query = new URLSearchParams({ AWSAccessKeyId: 'test', Signature: signature, Expires: expires })
  expect(await ask({ path: `${path}?${query}` })).toBe('200 written')
})

test('the bucket may stand in front of localhost, as S3 clients write it', async () => {
  const at = path.slice(lake.bucket.length + 1)
  const headers = { host: `${lake.bucket}.localhost:${port}` }
  expect(await ask({ path: at, headers: { ...headers, ...signedAs('s3') } })).toBe('200 written')
  expect(await ask({ path: await presigned('GET', headers.host, at), headers })).toBe('200 written')
})

test.each([
  '/_ministack/health',
  '//_ministack/health',
  '/./_ministack/health',
  '/x/../_ministack/health',
  '/%5fministack/health',
  '/_ministack%2fhealth',
  '/%2f_ministack/health',
  '/_localstack/health',
  '/health',
])('%s of the S3 server is not reached', async (target) => {
  for (const headers of [signedAs('s3'), signedAs('sts'), {}]) {
    for (const host of [`localhost:${port}`, `${lake.bucket}.localhost:${port}`]) {
      const said = await ask({ path: target, headers: { ...headers, host } })
      expect(said).toMatch(/^(403|404) /)
      expect(said).not.toMatch(/"services"|"edition"/)
    }
  }
})

test('no answer of the S3 server carries headers of CORS', async () => {
  expect(await ask({ path, headers: signedAs('s3') })).toBe('200 written')
  expect(await ask({ method: 'OPTIONS', path, headers: signedAs('s3') })).toMatch(/^405 .*\n.*<\/Error>$/)
})
