// Requests that no normal client sends: the grammar of what has stopped servers before, for each operation by name.
import fc from 'fast-check'

export interface HostileRequest {
  readonly server: 'local-aws' | 'page'
  /** A short description of the request. */
  readonly about: string
  /** The bytes on the wire. */
  readonly bytes: Buffer
  /** Whether it is complete: a server waits for the rest of an incomplete one. */
  readonly isWhole: boolean
}

const mostBytes = 300 * 1024

/** Mostly short, a few as long as allowed, so that all requests take a minute and not an hour. */
const sizes = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 4, arbitrary: fc.integer({ min: 300, max: 20_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 280_000 }) },
)

/** Inputs that have broken patterns, parsers and stacks. */
const pieces = [
  ...[
    ' ',
    '\t',
    '\n',
    '\r\n',
    ';',
    '\\',
    "'",
    '"',
    '`',
    '.',
    ',',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '<',
    '>',
    '=',
    ':',
  ],
  ...[
    '*',
    '|',
    '+',
    '?',
    '^',
    '$',
    '%',
    '_',
    '-',
    '--',
    '/*',
    '*/',
    '/',
    '0',
    '1',
    '9e9',
    '1.',
    'a',
    'Z',
    'é',
    'ß',
  ],
  ...['İ', '\u0000', '\u001b[2J', '\u0085', '\u2028', '\ufeff', '\u202e', '😀', '\ud800', '\udfff', '\uffff'],
  ...[
    'NULL',
    ' OR ',
    ' AND ',
    ' NOT ',
    ' IN ',
    ' AS ',
    'SELECT ',
    'array<',
    'struct<a:',
    'map<int,',
    'decimal(',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '../',
    '%00',
    '%zz',
    '%c0%af',
    'password=',
    'secret',
    'Bearer ',
    '://',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '(a+)+',
    '(.*a){9}',
    '(?=a)',
    '\\1',
    'a**',
    '[z-a]',
    '{1,1000}',
    '${',
    '`',
    '#',
  ],
]

/** A few pieces, repeated: one of them, or a pattern of several. */
const long = fc
  .tuple(
    fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 }),
    sizes,
    fc.constantFrom(...pieces, ''),
  )
  .map(([some, size, end]) => {
    const unit = some.join('')
    return unit.repeat(Math.ceil(size / unit.length)).slice(0, size) + end
  })

/** One piece repeated between two others, as long as possible: the worst case of quadratic patterns. */
const run = fc
  .tuple(
    fc.constantFrom(
      ' ',
      ';',
      '(',
      ',',
      '1',
      'a',
      'a.',
      '\\',
      '"',
      '/',
      '\n',
      'secret',
      'a ',
      '1.',
      '[',
      'ab%',
    ),
    fc.integer({ min: 50_000, max: 250_000 }),
  )
  .map(([unit, size]) => `x${unit.repeat(size / unit.length)}x`)

const text = fc.oneof(
  { weight: 6, arbitrary: long },
  { weight: 1, arbitrary: run },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'lake',
      'many',
      'ticks',
      'primary',
      'AwsDataCatalog',
      'dt',
      's3://results/x/',
    ),
  },
)

const nested = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"__proto__":'), fc.integer({ min: 1, max: 60_000 }), fc.boolean())
  .map(([open, depth, isClosed]) => {
    const close = open === '[' ? ']' : open === '{"a":' ? '}' : '}]'
    return open.repeat(depth) + (open === '[' ? '' : '1') + (isClosed ? close.repeat(depth) : '')
  })

/** A JSON text of any kind, often of the wrong type. */
const json: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: text.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: nested },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'null',
      'true',
      '-1',
      '0',
      '1.5',
      '1e400',
      '9007199254740993',
      '[]',
      '{}',
      '[null]',
      '[[]]',
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((n) => `[${'"",'.repeat(n)}""]`) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 10_000 })
      .map((n) => `{${Array.from({ length: n }, (_, i) => `"k${i}":"v"`).join(',')}}`),
  },
)

const members =
  `CatalogName DatabaseName TableName Name WorkGroup QueryString ClientRequestToken QueryExecutionId
  QueryExecutionIds QueryExecutionContext ResultConfiguration ExecutionParameters MaxResults NextToken Expression
  DatabaseInput TableInput PartitionInput PartitionInputList PartitionValues PartitionValueList PartitionsToGet
  PartitionsToDelete Entries Segment TablesToDelete VersionId VersionIds ColumnNames ColumnName ColumnStatisticsList
  ResourceArn TagsToAdd TagsToRemove Pattern Targets Role Schedule Configuration CrawlerName CrawlerNames
  CrawlerNameList Filters AttributesToGet __proto__ constructor`.split(/\s+/)

/** The members that an operation needs to get past its first check. */
const basis: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  AmazonAthena: {
    CatalogName: 'AwsDataCatalog',
    DatabaseName: 'many',
    TableName: 'ticks',
    Name: 'AwsDataCatalog',
    WorkGroup: 'primary',
    ResultConfiguration: { OutputLocation: 's3://results/hostile/' },
    QueryExecutionContext: { Database: 'many' },
  },
  AWSGlue: {
    DatabaseName: 'lake',
    TableName: 'ticks',
    Name: 'hostile',
    CrawlerName: 'hostile',
    Role: 'arn:aws:iam::000000000000:role/x',
    ResourceArn: 'arn:aws:glue:us-east-1:000000000000:database/lake',
    Targets: { S3Targets: [{ Path: 's3://results/none/' }] },
    TableInput: { Name: 'hostile' },
    DatabaseInput: { Name: 'hostile' },
    PartitionInput: { Values: ['a'] },
    PartitionValues: ['a'],
    PartitionValueList: ['a'],
    Pattern: '*',
  },
}

/** Operations that read a grammar or a pattern are listed more often. */
const athenaOperations = `StartQueryExecution StartQueryExecution StartQueryExecution StartQueryExecution
  StartQueryExecution ListTableMetadata ListTableMetadata GetQueryExecution BatchGetQueryExecution ListQueryExecutions
  StopQueryExecution GetQueryResults GetWorkGroup ListWorkGroups ListDataCatalogs GetDataCatalog ListDatabases
  GetDatabase ListTableMetadata GetTableMetadata CreateWorkGroup UpdateWorkGroup CreateNamedQuery ListNamedQueries
  BatchGetNamedQuery CreatePreparedStatement GetPreparedStatement ListPreparedStatements BatchGetPreparedStatement
  TagResource UntagResource ListTagsForResource toString __proto__`.split(/\s+/)

const both = (name: string) => [`${name}ForTable`, `${name}ForPartition`]
const glueOperations = [
  ...`CreateDatabase GetDatabase GetDatabases UpdateDatabase DeleteDatabase CreateTable GetTable GetTables UpdateTable
    DeleteTable BatchDeleteTable GetTableVersion GetTableVersions DeleteTableVersion BatchDeleteTableVersion
    CreatePartition BatchCreatePartition GetPartition BatchGetPartition GetPartitions UpdatePartition
    BatchUpdatePartition DeletePartition BatchDeletePartition GetTags TagResource UntagResource
    GetTables GetTables GetPartitions GetPartitions GetUserDefinedFunctions GetPartitionIndexes GetCatalogImportStatus GetDataCatalogEncryptionSettings CreateCrawler
    GetCrawler GetCrawlers ListCrawlers BatchGetCrawlers UpdateCrawler DeleteCrawler StopCrawler ListCrawls
    GetCrawlerMetrics UpdateCrawlerSchedule StartCrawlerSchedule StopCrawlerSchedule toString`.split(/\s+/),
  ...both('GetColumnStatistics'),
  ...both('UpdateColumnStatistics'),
  ...both('DeleteColumnStatistics'),
]

/** Statements that begin like real ones, and continue like none. */
const statement = fc
  .tuple(
    fc.constantFrom(
      ...[
        '',
        'SELECT ',
        'WITH a AS (',
        'CREATE EXTERNAL TABLE t (a ',
        'CREATE TABLE t AS SELECT ',
        'DESCRIBE ',
      ],
      ...[
        "SHOW TABLES '",
        "SHOW TABLES IN many '",
        "SHOW DATABASES '",
        'SHOW PARTITIONS lake.',
        'INSERT INTO t ',
      ],
      ...[
        'CREATE DATABASE ',
        'DROP TABLE ',
        'MSCK REPAIR TABLE ',
        'ALTER TABLE t ',
        'EXPLAIN ANALYZE ',
        'EXECUTE ',
      ],
    ),
    fc.oneof({ weight: 3, arbitrary: long }, { weight: 1, arbitrary: run }),
    fc.constantFrom('', "'", ')', ';', " LOCATION 's3://a/b/'"),
  )
  .map((parts) => parts.join(''))

const jsonBody = (service: string, operation: string): fc.Arbitrary<string> => {
  const own = fc
    .array(fc.tuple(fc.constantFrom(...members), json), { minLength: 0, maxLength: 3 })
    .map((some) =>
      object([
        ...Object.entries(basis[service]!).map(([name, value]) => [name, JSON.stringify(value)] as const),
        ...some,
      ]),
    )
  if (operation === 'StartQueryExecution') {
    const token = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 })
    const query = fc
      .tuple(statement, token, fc.option(json, { freq: 4 }))
      .map(([sql, id, parameters]) =>
        object([
          ...Object.entries(basis.AmazonAthena!).map(
            ([name, value]) => [name, JSON.stringify(value)] as const,
          ),
          ['QueryString', JSON.stringify(sql)],
          ['ClientRequestToken', JSON.stringify(id)],
          ...(parameters === null ? [] : [['ExecutionParameters', parameters] as const]),
        ]),
      )
    return fc.oneof({ weight: 5, arbitrary: query }, { weight: 1, arbitrary: own })
  }
  return fc.oneof(
    { weight: 6, arbitrary: own },
    { weight: 1, arbitrary: json },
    { weight: 1, arbitrary: long },
  )
}

function object(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

const authorization =
  'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0'

function http(method: string, path: string, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    body,
  ])
}

/** How a body is sent: correctly framed, or in a wrong way. */
const framing = fc.constantFrom(
  ...Array(12).fill('length'),
  'chunked',
  'cut',
  'bad chunk',
  'bad UTF-8',
  'both framings',
) as fc.Arbitrary<string>

function framed(
  server: HostileRequest['server'],
  about: string,
  line: { method: string; path: string; headers: Readonly<Record<string, string>> },
  text: string,
  how: string,
): HostileRequest {
  const { method, path, headers } = line
  const raw = Buffer.from(text.slice(0, mostBytes)).subarray(0, mostBytes)
  const body =
    how === 'bad UTF-8' ? Buffer.concat([raw, Buffer.from([0x22, 0xc3, 0x28, 0xff, 0xed, 0xa0, 0x80])]) : raw
  const chunk = Buffer.concat([
    Buffer.from(`${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ])
  const chunked = { ...headers, 'Transfer-Encoding': 'chunked' }
  const length = { 'Content-Length': String(body.length) }
  const request = (
    more: Readonly<Record<string, string>>,
    bytes: Buffer,
    isWhole: boolean,
  ): HostileRequest => ({
    server,
    about: `${about} (${how}, ${body.length} bytes)`,
    bytes: http(method, path, { ...headers, ...more }, bytes),
    isWhole,
  })
  switch (how) {
    case 'chunked':
      return request(chunked, body.length === 0 ? Buffer.from('0\r\n\r\n') : chunk, true)
    case 'cut':
      return request({ 'Content-Length': String(body.length + 10) }, body, false)
    case 'bad chunk':
      return request(chunked, Buffer.concat([Buffer.from('zz\r\n'), body]), false)
    case 'both framings':
      return request({ ...chunked, ...length }, chunk, false)
    default:
      return request(length, body, true)
  }
}

const toService = (service: string, operations: readonly string[]): fc.Arbitrary<HostileRequest> =>
  fc.constantFrom(...operations).chain((operation) =>
    fc.tuple(jsonBody(service, operation), framing).map(([body, how]) => {
      const headers = {
        Authorization: authorization,
        'X-Amz-Target': `${service}.${operation}`,
        'Content-Type': 'application/x-amz-json-1.1',
      }
      return framed('local-aws', `${service}.${operation}`, { method: 'POST', path: '/', headers }, body, how)
    }),
  )

/** What may be in a request line: printable bytes, and invalid escapes. */
const path = fc.oneof(
  fc.array(
    fc.constantFrom(
      'a',
      '/',
      '..',
      '%2e',
      '%',
      '%zz',
      '%00',
      '?',
      '&',
      '=',
      ';',
      '*',
      '~',
      '\\',
      '//',
      '[',
      '"',
    ),
    {
      maxLength: 60,
    },
  ),
  fc
    .tuple(fc.constantFrom('a', '/', '%41', '?', '&a='), fc.integer({ min: 1, max: 20_000 }))
    .map(([unit, n]) => unit.repeat(n).split('')),
)

const toS3: fc.Arbitrary<HostileRequest> = fc
  .tuple(fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'), path, text, framing, long)
  .map(([method, parts, body, how, value]) => {
    const header = value.replace(/[^\x20-\x7e]/g, '').slice(0, 40_000)
    const line = {
      method,
      path: `/results/${parts.join('')}`,
      headers: { Authorization: authorization, 'x-amz-meta-hostile': header },
    }
    return framed(
      'local-aws',
      `S3 ${method}`,
      line,
      method === 'PUT' ? body : '',
      method === 'PUT' ? how : 'length',
    )
  })

const pageJson = { 'Content-Type': 'application/json' }
const query = (...names: string[]) =>
  fc.tuple(...names.map(() => text)).map((values) => {
    const spelt = values.map((value, i) => `${names[i]}=${escaped(value).slice(0, 10_000)}`)
    return `?${spelt.join('&')}`
  })

/** The text in URL encoding; a lone surrogate has none. */
function escaped(value: string): string {
  return encodeURIComponent(value.toWellFormed())
}

const toPage: fc.Arbitrary<HostileRequest> = fc.oneof(
  ...(
    [
      ['/api/about', query('x')],
      ['/api/catalog', query('x')],
      ['/api/table', query('database', 'table')],
      ['/api/objects', query('database', 'table', 'value')],
      ['/api/crawl', query('x')],
      ['/api/claims', query('partition', 'before')],
      ['/api/dead-letters', query('x')],
      ['/api/audit', query('x')],
      ['/', query('x')],
    ] as const
  ).map(([route, search]) =>
    search.map((part) =>
      framed('page', `GET ${route}`, { method: 'GET', path: route + part, headers: {} }, '', 'length'),
    ),
  ),
  ...['/api/query', '/api/query', '/api/sample', '/api/crawl', '/api/none'].map((route) => {
    const own = fc
      .tuple(
        statement,
        fc.array(fc.tuple(fc.constantFrom('database', 'table', 'key', 'values', '__proto__'), json), {
          maxLength: 4,
        }),
      )
      .map(([sql, more]) =>
        object([['sql', JSON.stringify(sql)], ['database', '"lake"'], ['table', '"ticks"'], ...more]),
      )
    return fc
      .tuple(
        fc.oneof(
          { weight: 4, arbitrary: own },
          { weight: 1, arbitrary: json },
          { weight: 1, arbitrary: long },
        ),
        framing,
      )
      .map(([body, how]) =>
        framed('page', `POST ${route}`, { method: 'POST', path: route, headers: pageJson }, body, how),
      )
  }),
)

/** Any of these requests. */
export const hostileRequest: fc.Arbitrary<HostileRequest> = fc.oneof(
  { weight: 4, arbitrary: toService('AmazonAthena', athenaOperations) },
  { weight: 4, arbitrary: toService('AWSGlue', glueOperations) },
  { weight: 1, arbitrary: toS3 },
  { weight: 3, arbitrary: toPage },
)

/** Requests that have stopped a server before, unchanged; sent first. */
export function knownRequests(): HostileRequest[] {
  const ask = (target: string, request: object) => {
    const headers = { Authorization: authorization, 'X-Amz-Target': target }
    const line = { method: 'POST', path: '/', headers }
    return framed('local-aws', target, line, JSON.stringify(request), 'length')
  }
  const query = (QueryString: string, i: number) =>
    ask('AmazonAthena.StartQueryExecution', {
      ...basis.AmazonAthena,
      QueryString,
      ClientRequestToken: `known-${i}`.padEnd(32, '0'),
    })
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const post = { method: 'POST', path: '/', headers: { 'X-Amz-Target': 'AWSGlue.GetTables' } }
  const tables = { DatabaseName: 'many', CatalogName: 'AwsDataCatalog' }
  return [
    ...[
      `SELECT 1${' '.repeat(80_000)}x`,
      '('.repeat(262_000),
      `CREATE EXTERNAL TABLE t (a ${'array<'.repeat(40_000)}`,
      "SHOW TABLES IN many '(a+)+x'",
      "SHOW TABLES IN many '(.*ab){40}x'",
    ].map(query),
    ask('AmazonAthena.ListTableMetadata', { ...tables, Expression: '((ab)+)+x' }),
    ask('AWSGlue.GetTables', { ...tables, Expression: '((ab)+)+x' }),
    ask('AWSGlue.GetPartitions', {
      DatabaseName: 'lake',
      TableName: 'ticks',
      Expression: `dt LIKE '${'ab%'.repeat(100)}x'`,
    }),
    framed('local-aws', 'deep JSON', post, `{"a":${deep}}`, 'length'),
    framed(
      'page',
      'a long statement',
      { method: 'POST', path: '/api/query', headers: pageJson },
      JSON.stringify({ sql: `SELECT 1${' '.repeat(80_000)}${'('.repeat(200_000)}` }),
      'length',
    ),
  ]
}
