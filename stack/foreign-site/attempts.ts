// What a web page of a foreign site tries: each request of the table, by each means that a browser has for it.

export type Server =
  | 'local-aws'
  | 'ministack'
  | 'trino'
  | 'kafka'
  | 'kafka controller'
  | 'page'
  | 'producer health'
  | 'consumer health'
  | 'catalog health'
  | 'naive'

/** Where the attacking page comes from. */
export type Site = 'a public site' | 'a site on this machine' | 'a name that was rebound'

export interface Attempt {
  readonly id: number
  readonly server: Server
  readonly site: Site
  readonly request: string
  readonly means: string
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The body in the form that an HTML form sends. */
  readonly fields: readonly (readonly [string, string])[]
}

interface Request {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Record<string, string>
  readonly fields?: Readonly<Record<string, string>>
  readonly body?: string
  readonly to?: readonly Server[]
  /** Also tried as a WebSocket; only some, since the browser delays many. */
  readonly asSocket?: true
}

/** What the requests refer to. */
export interface Prey {
  /** An existing bucket, and an object in it. */
  readonly bucket: string
  readonly key: string
  /** A folder in which code would leave a file if it ran. */
  readonly markers: string
}

const means = {
  GET: ['fetch, cors', 'fetch, no-cors, no referrer', 'image', 'script', 'frame', 'EventSource'],
  POST: [
    'fetch, cors',
    'fetch, cors, as text',
    'fetch, cors, as a form',
    'fetch, no-cors, as text',
    'fetch, no-cors, as a form',
    'beacon',
    'form, urlencoded',
    'form, multipart',
    'form, text',
  ],
  PUT: ['fetch, cors', 'fetch, no-cors, as text'],
} as const

const aws: readonly Server[] = ['local-aws', 'ministack', 'naive']
const json = { 'content-type': 'application/x-amz-json-1.1' }
const formType = { 'content-type': 'application/x-www-form-urlencoded' }
/** An archive without a file. */
const emptyZip = 'UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=='

/** Each request puts this name into what it would create, so that an effect shows which request caused it. */
export const nameOf = (id: number) => `evil-${id}-x`
export const idsIn = (text: string) => [...text.matchAll(/evil[-_](\d+)[-_]x/g)].map(([, id]) => Number(id))

function requests(name: string, { bucket, key, markers }: Prey): Request[] {
  const sqlName = name.replaceAll('-', '_')
  const lambda = {
    FunctionName: name,
    Runtime: 'python3.11',
    Role: 'arn:aws:iam::000000000000:role/x',
    Handler: 'i.h',
  }
  const code = `open("${markers}/${name}", "w")\ndef h(event, context): pass\n`
  const template = {
    Resources: {
      B: { Type: 'AWS::S3::Bucket', Properties: { BucketName: name } },
      F: {
        Type: 'AWS::Lambda::Function',
        Properties: { ...lambda, Handler: 'index.h', Code: { ZipFile: code } },
      },
      C: { Type: 'Custom::C', Properties: { ServiceToken: { 'Fn::GetAtt': ['F', 'Arn'] } } },
    },
  }
  const createStack = { Action: 'CreateStack', StackName: name, TemplateBody: JSON.stringify(template) }
  const createUser = { Action: 'CreateUser', UserName: name }
  return [
    { name: 'S3: list', method: 'GET', path: '/', to: aws },
    { name: 'S3: read', method: 'GET', path: `/${bucket}/${key}`, to: aws },
    { name: 'S3: make a bucket', method: 'PUT', path: `/${name}`, to: aws },
    { name: 'S3: overwrite', method: 'PUT', path: `/${bucket}/${key}`, body: name, to: aws },
    {
      name: 'S3: upload by a form',
      method: 'POST',
      path: `/${bucket}`,
      fields: { key: name, file: 'x' },
      to: aws,
    },
    {
      name: 'Athena: query',
      method: 'POST',
      path: '/',
      headers: { ...json, 'x-amz-target': 'AmazonAthena.StartQueryExecution' },
      body: JSON.stringify({
        QueryString: `SELECT '${name}'`,
        ResultConfiguration: { OutputLocation: `s3://${bucket}/` },
      }),
      to: aws,
    },
    {
      name: 'Glue: make a database',
      method: 'POST',
      path: '/',
      headers: { ...json, 'x-amz-target': 'AWSGlue.CreateDatabase' },
      body: JSON.stringify({ DatabaseInput: { Name: sqlName } }),
      to: aws,
    },
    {
      name: 'CloudFormation: make code run',
      method: 'POST',
      path: '/',
      headers: formType,
      fields: createStack,
      to: aws,
    },
    {
      name: 'CloudFormation by GET',
      asSocket: true,
      method: 'GET',
      path: `/?${new URLSearchParams(createStack)}`,
      to: aws,
    },
    { name: 'IAM by GET', method: 'GET', path: `/?${new URLSearchParams(createUser)}`, to: aws },
    {
      name: 'Lambda: make a function',
      method: 'POST',
      path: '/2015-03-31/functions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...lambda, Code: { ZipFile: emptyZip } }),
      to: aws,
    },
    { name: 'admin: read', method: 'GET', path: '/_ministack/health', to: aws },
    {
      name: 'Trino: statement',
      method: 'POST',
      path: '/v1/statement',
      headers: { 'content-type': 'text/plain', 'x-trino-user': name },
      body: `CREATE SCHEMA awsdatacatalog.${sqlName}`,
      to: ['trino', 'naive'],
    },
    { name: 'Trino: its page', method: 'GET', path: '/ui/api/cluster', to: ['trino'] },
    {
      name: 'page: query',
      method: 'POST',
      path: '/api/query',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql: `SELECT '${name}'` }),
      to: ['page', 'naive'],
    },
    {
      name: 'page: crawl',
      method: 'POST',
      path: '/api/crawl',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      to: ['page'],
    },
    { name: 'page: stream', asSocket: true, method: 'GET', path: '/api/stream', to: ['page'] },
    { name: 'page: itself', method: 'GET', path: '/', to: ['page'] },
    { name: 'page: about', method: 'GET', path: '/api/about', to: ['page'] },
    {
      name: 'metrics',
      method: 'GET',
      path: '/metrics',
      to: ['producer health', 'consumer health', 'catalog health'],
    },
    { name: 'metrics', method: 'GET', path: '/_ticklake/metrics', to: ['local-aws'] },
    { name: 'any GET', asSocket: true, method: 'GET', path: `/${name}` },
    { name: 'any POST', method: 'POST', path: '/', body: name },
  ]
}

/** The last one, because it deletes what the others would have created. */
const reset: Request = { name: 'admin: wipe S3', method: 'POST', path: '/_ministack/reset' }

/** A header that looks like a signature: with it a request is let in, since clients have no secret. */
export const forged = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
})

/** Everything that is tried, in order; `ports` maps servers to their ports. */
export function attemptsOn(
  ports: ReadonlyMap<Server, number>,
  prey: Prey,
): { readonly attempts: Attempt[]; readonly last: Attempt[] } {
  const attempts: Attempt[] = []
  const last: Attempt[] = []
  let id = 0
  const add = (list: Attempt[], server: Server, site: Site, how: string, of: (name: string) => Request) => {
    const { name, method, path, headers = {}, fields = {}, body } = of(nameOf(++id))
    const host = site === 'a name that was rebound' ? 'rebound.example' : '127.0.0.1'
    list.push({
      id,
      server,
      site,
      request: name,
      means: how,
      url: `http://${host}:${ports.get(server)}${path}`,
      method,
      headers: { ...headers, ...(aws.includes(server) ? forged(serviceOf(name)) : {}) },
      body: body ?? String(new URLSearchParams(fields)),
      fields: Object.entries(body === undefined ? fields : { [body]: '' }),
    })
  }
  for (const server of ports.keys()) {
    const count = requests('', prey).length
    for (let row = 0; row < count; row++) {
      const of = (name: string) => requests(name, prey)[row]!
      const { method, to, asSocket } = of('')
      if (to && !to.includes(server)) continue
      for (const site of ['a public site', 'a site on this machine'] as const) {
        for (const how of means[method]) add(attempts, server, site, how, of)
        if (asSocket) add(attempts, server, site, 'WebSocket', of)
      }
      add(attempts, server, 'a name that was rebound', 'fetch, same origin', of)
      if (of('').name === 'Trino: statement') {
        add(attempts, server, 'a name that was rebound', 'fetch, page after page', of)
      }
    }
    if (server !== 'local-aws' && server !== 'ministack') continue
    for (const site of ['a public site', 'a site on this machine'] as const) {
      for (const how of means.POST) add(last, server, site, how, () => reset)
    }
    add(last, server, 'a name that was rebound', 'fetch, same origin', () => reset)
  }
  return { attempts, last }
}

function serviceOf(request: string): string {
  return request.split(/[ :]/, 1)[0]!.toLowerCase()
}
