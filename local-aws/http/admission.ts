// Which requests are admitted: signed ones, for the services that ticklake needs, by paths that belong to the service.
// MiniStack behind it has a hundred more services, some of which run code, and administrative paths. Pure.
import { type OwnRequest, type RequestHead, valuesOf } from '@ticklake/runtime/request-guard.ts'
import { DeniedRequest, type Protocol } from './denied-request.ts'
import { headerSignature, presignedSignature, type Signature } from './signature.ts'

/** The protocol, and the prefix of X-Amz-Target if that is JSON. */
type Service = { readonly protocol: 'query' | 'ec2' | 's3' } | { readonly protocol: 'json'; target: string }

/** By the service's name in signatures. */
const offered: ReadonlyMap<string, Service> = new Map<string, Service>([
  ['athena', { protocol: 'json', target: 'AmazonAthena' }],
  ['glue', { protocol: 'json', target: 'AWSGlue' }],
  ['logs', { protocol: 'json', target: 'Logs_20140328' }],
  ['s3', { protocol: 's3' }],
  ['sts', { protocol: 'query' }],
  // What infra/ and docs/aws.md call on AWS, for their tests.
  ['iam', { protocol: 'query' }],
  ['cloudformation', { protocol: 'query' }],
  ['ec2', { protocol: 'ec2' }],
  ['ssm', { protocol: 'json', target: 'AmazonSSM' }],
  ['secretsmanager', { protocol: 'json', target: 'secretsmanager' }],
])

/** The path of Glue's Iceberg REST endpoint. */
export const icebergRestPath = '/iceberg/'

const bucketForm = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
/** Paths that MiniStack answers for other services before it checks the signature's service. */
const notS3 =
  /^\/(?:iceberg|(?:_ministack|_localstack|_aws|_alb|health|login|logout|oauth2|saml2|v2|v20180820|restapis|restapi|environments|metrics\/environments|webtoken|clitoken|key-value-stores|Execute|BatchExecute|BeginTransaction|CommitTransaction|RollbackTransaction|WriteGetObjectResponse)(?:\/|$))/

export interface Admission {
  /** The service's name in signatures. */
  readonly service: string
  /** The access key, unverified, as are all signatures. */
  readonly accessKey: string
  /** X-Amz-Target, if the protocol is JSON. */
  readonly target: string | undefined
  /** An Authorization header to add for a presigned URL, which alone does not tell MiniStack that it is for S3. */
  readonly authorization: string | undefined
}

/**
 * @param host what the Host header names beside this server: a bucket, in S3's other form of address, or a service
 * @throws DeniedRequest
 */
export function admit(asked: RequestHead, host: Partial<OwnRequest> = {}): Admission {
  const { bucket: bucketHost } = host
  const signature = signatureOf(asked)
  const service = offered.get(signature.service)
  const target = only(asked, 'x-amz-target')
  if (!service) {
    throw new DeniedRequest('service', `${named(signature.service)} is not offered here; ${whatIs}`)
  }
  if (host.service !== undefined && host.service !== signature.service) {
    throw new DeniedRequest(
      'service',
      `${named(signature.service)} is not answered at the address of ${host.service}`,
    )
  }
  if (service.protocol === 's3') {
    if (target !== undefined) throw wrongScope(target)
    requireS3(asked, signature, bucketHost)
  } else if (isIcebergRest(asked, signature)) {
    requireRest(asked, target, bucketHost)
  } else {
    requireRoot(asked, signature, bucketHost)
    if (service.protocol === 'json') requireTarget(asked, service.target, target)
    else if (target !== undefined) throw wrongScope(target)
  }
  const isPresigned = only(asked, 'authorization') === undefined
  return {
    service: signature.service,
    accessKey: signature.accessKey,
    target,
    authorization: isPresigned ? asHeader(signature) : undefined,
  }
}

/** How the client of a request reads errors, judging by its head. */
export function protocolOf(asked: RequestHead): Protocol {
  const [authorization] = valuesOf(asked, 'authorization')
  const signature = authorization === undefined ? undefined : headerSignature(authorization)
  const service = offered.get(signature?.service ?? '')
  if (valuesOf(asked, 'x-amz-target').length > 0) return 'json'
  if (service) return service.protocol
  const type = valuesOf(asked, 'content-type').join().toLowerCase()
  if (/^application\/(?:[a-z0-9.-]*json|cbor)/.test(type)) return 'json'
  const isForm = type.startsWith('application/x-www-form-urlencoded') && asked.method === 'POST'
  return isForm || queryOf(asked).has('Action') ? 'query' : 's3'
}

function signatureOf(asked: RequestHead): Signature {
  const authorization = only(asked, 'authorization')
  if (authorization !== undefined) {
    const signature = headerSignature(authorization)
    if (signature) return signature
    throw new DeniedRequest(
      'signature',
      'The Authorization header is no complete signature of version 4 (SigV4)',
    )
  }
  const presigned = presignedSignature(queryOf(asked))
  if (presigned) return presigned
  throw new DeniedRequest(
    'unsigned',
    'The request is not signed, and none is answered without a signature: any credentials do, as AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test',
  )
}

function requireS3(asked: RequestHead, { version }: Signature, bucketHost: string | undefined): void {
  const { method } = asked
  const isPresigned = only(asked, 'authorization') === undefined
  const methods = isPresigned ? ['GET', 'HEAD', 'PUT'] : ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']
  if (!methods.includes(method ?? '')) {
    const kind = isPresigned ? 'A presigned URL' : 'S3'
    throw new DeniedRequest('method', `${kind} is not answered for ${named(method ?? '')} here`)
  }
  if (version === 'v4a')
    throw new DeniedRequest('signature', 'Multi-Region Access Points (SigV4A) are not offered here')
  if (/^multipart\/form-data/i.test(valuesOf(asked, 'content-type').join())) {
    throw new DeniedRequest(
      'method',
      'Uploads by a browser’s form are not offered here; use PutObject or a presigned PUT',
    )
  }
  const path = pathOf(asked)
  if (notS3.test(unescaped(path))) throw new DeniedRequest('path', `${named(path)} is not answered here`)
  if (bucketHost !== undefined) return
  const bucket = path.slice(1).split('/', 1)[0]!
  const isListOfBuckets = path === '/' && (method === 'GET' || method === 'HEAD')
  if (!isListOfBuckets && !bucketForm.test(bucket)) {
    throw new DeniedRequest('path', `${named(path)} begins with no bucket’s name`)
  }
}

/** Glue's Iceberg REST endpoint, the only part of Glue with paths. */
function isIcebergRest(asked: RequestHead, { service }: Signature): boolean {
  return service === 'glue' && pathOf(asked).startsWith(icebergRestPath)
}

function requireRest(asked: RequestHead, target: string | undefined, bucketHost: string | undefined): void {
  if (only(asked, 'authorization') === undefined)
    throw new DeniedRequest('service', 'Presigned URLs are answered for S3 only')
  if (target !== undefined) throw wrongScope(target)
  if (bucketHost !== undefined)
    throw new DeniedRequest('path', `${named(pathOf(asked))} is not answered at a bucket’s name`)
  if (!['GET', 'HEAD', 'POST', 'DELETE'].includes(asked.method ?? ''))
    throw new DeniedRequest('method', `${named(asked.method ?? '')} is not answered below ${icebergRestPath}`)
}

/** Services other than S3 have one address: /, under the server's own name, with a signature in the header. */
function requireRoot(
  asked: RequestHead,
  { version, service }: Signature,
  bucketHost: string | undefined,
): void {
  if (only(asked, 'authorization') === undefined) {
    throw new DeniedRequest('service', 'Presigned URLs are answered for S3 only')
  }
  if (pathOf(asked) !== '/' || bucketHost !== undefined) {
    throw new DeniedRequest('path', `${named(service)} is answered at / only`)
  }
  const { protocol } = offered.get(service)!
  if (asked.method !== 'POST' && (protocol === 'json' || asked.method !== 'GET')) {
    throw new DeniedRequest(
      'method',
      `${named(service)} is not answered for ${named(asked.method ?? '')} here`,
    )
  }
  // MiniStack does not read the service from such a signature, and would choose one by the request's Action.
  if (version === 'v4a' && protocol !== 'json') {
    throw new DeniedRequest('signature', `${named(service)} is answered with SigV4 only`)
  }
}

function requireTarget(asked: RequestHead, prefix: string, target: string | undefined): void {
  if (target === undefined) {
    throw new DeniedRequest('service', 'The X-Amz-Target header is missing, which names the operation')
  }
  if (!target.startsWith(`${prefix}.`)) throw wrongScope(target)
  if (valuesOf(asked, 'content-type').some((type) => /cbor/i.test(type))) {
    throw new DeniedRequest('service', 'CBOR is not spoken here, only JSON')
  }
}

const whatIs = `local-aws answers ${[...offered.keys()].join(', ')}`

function wrongScope(target: string): DeniedRequest {
  return new DeniedRequest(
    'service',
    `X-Amz-Target ${named(target)} is of another service than the one that the signature names`,
  )
}

/** A header that must not occur more than once: two readers might each use another one. */
function only(asked: RequestHead, name: string): string | undefined {
  const values = valuesOf(asked, name)
  if (values.length > 1)
    throw new DeniedRequest('signature', `The ${name} header is there ${values.length} times`)
  return values[0]
}

function asHeader({ accessKey, date, region, service }: Signature): string {
  return `AWS4-HMAC-SHA256 Credential=${accessKey}/${date}/${region}/${service}/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
}

function pathOf(asked: RequestHead): string {
  return (asked.url ?? '').split('?', 1)[0]!
}

function queryOf(asked: RequestHead): URLSearchParams {
  return new URLSearchParams((asked.url ?? '').slice(pathOf(asked).length))
}

/** The path as a server that unescapes it sees it; never throws. */
function unescaped(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The client's text, shortened for an answer that repeats it. */
function named(text: string): string {
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?')
}
