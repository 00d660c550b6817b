// What counts as a signature: every client's own spelling, and nothing less.
import { expect, test } from 'vitest'
import { headerSignature, presignedSignature } from './signature.ts'

const hex = 'a1'.repeat(32)
const scope = 'test/20260101/us-east-1/glue/aws4_request'
const whole = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${hex}`

test.each([
  ['as the SDKs write it', whole],
  ['without blanks', `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=host,Signature=${hex}`],
  ['in another order', `AWS4-HMAC-SHA256 SignedHeaders=host, Signature=${hex}, Credential=${scope}`],
])('a header %s', (_, header) => {
  expect(headerSignature(header)).toEqual({
    version: 'v4',
    accessKey: 'test',
    date: '20260101',
    region: 'us-east-1',
    service: 'glue',
  })
})

test('a header of SigV4A names no region', () => {
  const credential = 'test/20260101/s3/aws4_request'
  const header = `AWS4-ECDSA-P256-SHA256 Credential=${credential}, SignedHeaders=host, Signature=${'3045'.repeat(36)}`
  expect(headerSignature(header)).toMatchObject({ version: 'v4a', service: 's3' })
  expect(headerSignature(header.replace('AWS4-ECDSA-P256-SHA256', 'AWS4-HMAC-SHA256'))).toBeUndefined()
})

test.each([
  '',
  'AWS4-HMAC-SHA256',
  'AWS4-HMAC-SHA256 x',
  'Basic dGVzdDp0ZXN0',
  'Bearer AWS4-HMAC-SHA256',
  'AWS test:c2lnbmF0dXJl',
  whole.replace('AWS4-HMAC-SHA256', 'aws4-hmac-sha256'),
  whole.replace(', Signature', ', Sig'),
  whole.replace(hex, ''),
  whole.replace(hex, 'x'.repeat(64)),
  whole.replace('host;', ''),
  whole.replace('us-east-1/', ''),
  whole.replace('aws4_request', 'aws4'),
  whole.replace('20260101', '2026'),
  whole.replace('glue', 'Glue/s3'),
  whole.replace('test/', '/'),
  `${whole}, Credential=${scope.replace('glue', 'lambda')}`,
  whole.replace('host;', 'host;Credential=a/b/c/lambda/;'),
])('%j is none', (header) => {
  expect(headerSignature(header)).toBeUndefined()
})

const presigned: Record<string, string> = {
  'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
  'X-Amz-Credential': 'test/20260101/eu-west-1/s3/aws4_request',
  'X-Amz-Date': '20260101T000000Z',
  'X-Amz-Expires': '900',
  'X-Amz-SignedHeaders': 'host',
  'X-Amz-Signature': hex,
}

test('a presigned URL has all six parts', () => {
  const whole = presignedSignature(new URLSearchParams(presigned))
  expect(whole).toMatchObject({ version: 'v4', region: 'eu-west-1', service: 's3' })
  for (const name of Object.keys(presigned)) {
    const { [name]: _, ...rest } = presigned
    expect(presignedSignature(new URLSearchParams(rest)), `without ${name}`).toBeUndefined()
    expect(presignedSignature(new URLSearchParams({ ...rest, [name]: 'x' })), name).toBeUndefined()
  }
})

test('by default boto3 presigns in version 2', () => {
  const old = { AWSAccessKeyId: 'test', Signature: `${'Ab+/9'.repeat(5)}xy=`, Expires: '1800000000' }
  expect(presignedSignature(new URLSearchParams(old))).toMatchObject({ version: 'v2', service: 's3' })
  expect(presignedSignature(new URLSearchParams({ ...old, Signature: 'x' }))).toBeUndefined()
  expect(presignedSignature(new URLSearchParams({ ...old, AWSAccessKeyId: 'a/b/c/lambda/' }))).toBeUndefined()
})
