// The form of an AWS signature, which a web page can send only after a preflight: it names the service it is for.
// The signature itself is not verified, since clients have no secret here. Pure.

export interface Signature {
  readonly version: 'v2' | 'v4' | 'v4a'
  readonly accessKey: string
  /** Version 2 names no date, region or service: only S3 uses it. */
  readonly date: string
  readonly region: string
  readonly service: string
}

const hmac = 'AWS4-HMAC-SHA256'
const ecdsa = 'AWS4-ECDSA-P256-SHA256'
const scopeForm = /^([^/,\s]{1,128})\/(\d{8})\/([a-z0-9-]{1,40})\/([a-z0-9-]{1,64})\/aws4_request$/
const ecdsaScopeForm = /^([^/,\s]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/aws4_request$/
const signedHeadersForm = /^[^\s,;=]+(;[^\s,;=]+)*$/

const signsHost = (headers: string) => signedHeadersForm.test(headers) && headers.split(';').includes('host')

/** Parses an Authorization header; undefined if it is not a complete signature of version 4. */
export function headerSignature(authorization: string): Signature | undefined {
  const [algorithm, ...rest] = authorization.split(' ')
  const parts = new Map<string, string>()
  const fields = rest.join('').split(',')
  for (const field of fields) {
    const at = field.indexOf('=')
    parts.set(field.slice(0, at), field.slice(at + 1))
  }
  const isComplete =
    fields.length === 3 &&
    parts.size === 3 &&
    signsHost(parts.get('SignedHeaders') ?? '') &&
    /^[0-9a-f]{64,160}$/.test(parts.get('Signature') ?? '')
  return isComplete ? scoped(algorithm!, parts.get('Credential') ?? '') : undefined
}

/** Parses the query of a presigned URL; undefined if it is not a complete one. */
export function presignedSignature(query: URLSearchParams): Signature | undefined {
  const has = (name: string, form: RegExp) => form.test(query.get(name) ?? '')
  if (
    has('X-Amz-Signature', /^[0-9a-f]{64}$/) &&
    has('X-Amz-Date', /^\d{8}T\d{6}Z$/) &&
    has('X-Amz-Expires', /^\d{1,6}$/) &&
    signsHost(query.get('X-Amz-SignedHeaders') ?? '')
  ) {
    const signature = scoped(query.get('X-Amz-Algorithm') ?? '', query.get('X-Amz-Credential') ?? '')
    return signature?.version === 'v4' ? signature : undefined
  }
  // The form that boto3 writes by default.
  if (has('Signature', /^[A-Za-z0-9+/]{27}=$/) && has('Expires', /^\d{1,12}$/)) {
    const accessKey = query.get('AWSAccessKeyId') ?? ''
    if (/^[^/,\s]{1,128}$/.test(accessKey)) {
      return { version: 'v2', accessKey, date: '19700101', region: 'us-east-1', service: 's3' }
    }
  }
  return undefined
}

function scoped(algorithm: string, credential: string): Signature | undefined {
  if (algorithm === hmac) {
    const [, accessKey, date, region, service] = scopeForm.exec(credential) ?? []
    return service === undefined
      ? undefined
      : { version: 'v4', accessKey: accessKey!, date: date!, region: region!, service }
  }
  const [, accessKey, date, service] = (algorithm === ecdsa && ecdsaScopeForm.exec(credential)) || []
  return service === undefined
    ? undefined
    : { version: 'v4a', accessKey: accessKey!, date: date!, region: '*', service }
}
