import avro from 'avsc'
import { describe, expect, it } from 'vitest'
import type { Classifier } from '../classifier-record.ts'
import { inspect } from '../inspection.ts'
import { orcFiles, packedCsv } from '../packed.fixture.ts'
import { glueColumns } from '../schema.ts'
import { serdeOf, serdeParameters } from '../serde.ts'
import { grokRegex } from './grok.ts'
import { pathSteps } from './json.ts'

async function inspected(content: string | Uint8Array, classifiers: Classifier[] = [], key = 'a') {
  const bytes = Buffer.from(content)
  const read = async (start: number, end: number) => bytes.subarray(start, end)
  const result = await inspect(bytes.length, read, { classifiers, key })
  if ('reason' in result) return { reason: result.reason, columns: [] }
  const columns = glueColumns(result.schema).map(({ Name, Type }) => `${Name} ${Type}`)
  return { ...result, columns }
}
const dates = { CreationTime: 0, LastUpdated: 0, Version: 1 }

describe('JSON that is not quite JSON', () => {
  it.each([
    ['one stray line', '{"a":1}\nERROR: no connection\n{"a":2}\n', ['a int'], 1],
    ['a first line that is stray', '# exported\n{"a":1}\n{"a":2}\n{"a":3}\n', ['a int'], 1],
    ['NaN and Infinity', '{"a":1}\n{"a":NaN}\n{"a":-Infinity}\n', ['a double'], undefined],
    ['a comma before the bracket', '{"a":1,"b":[1,2,],}\n', ['a int', 'b array<int>'], undefined],
    [
      'a record that is cut off',
      '{"a":1,"b":"x\n{"a":2,"b":"y"}\n{"a":2,"b":"z"}\n',
      ['a int', 'b string'],
      1,
    ],
    ['objects on one line', '{"a":1}{"b":2} {"c":3}', ['a int', 'b int', 'c int'], undefined],
  ])('%s', async (_name, text, columns, lines) => {
    const found = await inspected(text)
    expect(found).toMatchObject({ classification: 'json', columns })
    expect(found).toEqual(
      lines
        ? expect.objectContaining({ warning: { text: 'lines that are no JSON', lines } })
        : expect.not.objectContaining({ warning: expect.anything() }),
    )
  })

  it('is no JSON once more than a fifth of its lines are stray', async () => {
    expect(await inspected('{"a":1}\n{"a":2}\n{"a":3}\nx\ny\n')).toHaveProperty('reason')
  })
})

describe('CSV as people write it', () => {
  it.each([
    ['an id of 19 digits', 'id,x\n9223372036854775807,1\n', ['id bigint', 'x bigint']],
    ['an id that no bigint holds', 'id,x\n9223372036854775808,1\n', ['id string', 'x bigint']],
    ['semicolons around decimal commas', 'id;px\n1;2,5\n2;3,5\n', ['id bigint', 'px string']],
    ['NaN among numbers', 'a,b\n1.5,x\nNaN,y\n', ['a double', 'b string']],
    ['one line of other length', 'a,b\n1,x\n2,y\nthe end\n', ['a bigint', 'b string']],
    ['a comma at the end of every line', 'a,b,\n1,x,\n2,y,\n', ['a bigint', 'b string', 'col2 string']],
    ['a comma at the end of every line but the first', 'a,b\n1,x,\n2,y,\n', ['a bigint', 'b string']],
    ['a quoted cell over two lines', 'a,b\n1,"x\ny"\n2,z\n', ['a bigint', 'b string']],
    ['a quoted cell with a doubled mark', 'a,b\n1,"say ""x, y"""\n', ['a bigint', 'b string']],
    [
      'a last column with a long name',
      `a,${'h'.repeat(200)}\n1,2\n`,
      ['a bigint', `${'h'.repeat(200)} bigint`],
    ],
  ])('%s', async (_name, text, columns) => {
    expect(await inspected(text)).toMatchObject({ classification: 'csv', csv: { hasHeader: true }, columns })
  })

  it('in quotation marks keeps its types, and says what LazySimpleSerDe does with the marks', async () => {
    const found = await inspected('a,b\n"1","x"\n')
    expect(found).toMatchObject({ csv: { isQuoted: true }, warning: { text: /quotation marks/ } })
  })
})

describe('a compressed CSV is recognized', () => {
  it.each([
    ['bzip2', 'bzip2', 'a.csv.bz2'],
    ['zip', 'zip', 'a.zip'],
    ['lz4', 'lz4', 'a.csv.lz4'],
    ['hadoopLz4', 'lz4', 'a.csv.lz4'],
    ['snappy', 'snappy', 'a.csv.sz'],
    ['hadoopSnappy', 'snappy', 'a.csv.snappy'],
    ['rawSnappy', 'snappy', 'a.snappy'],
  ] as const)('through %s', async (file, compression, key) => {
    const bytes = Buffer.from(packedCsv[file], 'base64')
    expect(await inspected(bytes, [], key)).toMatchObject({
      classification: 'csv',
      compression,
      columns: ['a bigint', 'b string'],
      records: 20,
    })
  })

  it('only if its archive holds one file', async () => {
    const bytes = Buffer.from(packedCsv.zipOfTwo, 'base64')
    expect(await inspected(bytes)).toMatchObject({
      reason: expect.stringContaining('the archive holds 2 files'),
    })
  })

  it.each(['bzip2', 'lz4', 'snappy', 'zip'] as const)(
    'and a broken %s says that it cannot be unpacked',
    async (file) => {
      const bytes = Buffer.from(packedCsv[file], 'base64')
      bytes.fill(0xff, 14)
      expect(await inspected(bytes)).toHaveProperty('reason')
    },
  )
})

describe('columnar files', () => {
  it.each(['zlib', 'snappy', 'lz4', 'zstd', 'uncompressed'] as const)(
    'ORC with %s is read from its footer',
    async (kind) => {
      const found = await inspected(Buffer.from(orcFiles[kind], 'base64'))
      expect(found).toMatchObject({
        classification: 'orc',
        records: 3,
        columns: [
          'i int',
          'l bigint',
          's string',
          'ts timestamp',
          'dec decimal(9,2)',
          'm map<string,int>',
          'st struct<x:bigint,y:array<string>>',
        ],
      })
    },
  )

  it('a broken ORC file says so', async () => {
    const bytes = Buffer.from(orcFiles.zlib, 'base64').subarray(0, 500)
    expect(await inspected(bytes)).toMatchObject({ reason: expect.stringContaining('it begins as orc, but') })
  })

  it('Avro is read from its header', async () => {
    class DateType extends avro.types.LogicalType {
      protected override _fromValue = (value: unknown) => value
      protected override _toValue = (value: unknown) => value
    }
    const type = avro.Type.forSchema(
      {
        type: 'record',
        name: 'r',
        fields: [
          { name: 'a', type: 'long' },
          { name: 'b', type: ['null', 'string'], default: null },
          { name: 'c', type: { type: 'array', items: { type: 'map', values: 'double' } } },
          { name: 'd', type: { type: 'int', logicalType: 'date' } },
          { name: 'e', type: { type: 'record', name: 'in', fields: [{ name: 'x', type: 'boolean' }] } },
          { name: 'f', type: 'in' },
        ],
      },
      { logicalTypes: { date: DateType } },
    )
    const encoder = new avro.streams.BlockEncoder(type, { codec: 'null' })
    const chunks: Buffer[] = []
    encoder.on('data', (chunk: Buffer) => chunks.push(chunk))
    const ended = new Promise((resolve) => encoder.on('end', resolve))
    for (let i = 0; i < 5; i++)
      encoder.write({ a: i, b: null, c: [{ k: 1.5 }], d: 1, e: { x: true }, f: { x: true } })
    encoder.end()
    await ended
    const found = await inspected(Buffer.concat(chunks))
    expect(found).toMatchObject({
      classification: 'avro',
      records: 5,
      columns: [
        'a bigint',
        'b string',
        'c array<map<string,double>>',
        'd date',
        'e struct<x:boolean>',
        'f struct<x:boolean>',
      ],
    })
  })
})

describe('XML', () => {
  const people =
    '<?xml version="1.0"?><people><!-- two --><person id="1"><name>A &amp; B</name><tag>x</tag><tag>y</tag></person><person id="2"><name>C</name></person></people>'
  it('has the elements of its repeated element as columns', async () => {
    expect(await inspected(people)).toMatchObject({
      classification: 'xml',
      rowTag: 'person',
      records: 2,
      columns: ['id int', 'name string', 'tag array<string>'],
    })
  })

  it('has those of the row tag of a classifier', async () => {
    const XMLClassifier = { Name: 'x', Classification: 'mine', RowTag: 'tag', ...dates }
    expect(
      await inspected('<a><b><tag><n>1</n></tag></b><tag><n>2</n></tag></a>', [{ XMLClassifier }]),
    ).toMatchObject({
      classification: 'mine',
      columns: ['n int'],
      records: 2,
    })
  })
})

describe('logs', () => {
  const line = '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326'
  it.each([
    ['combined_apache', `${line} "http://x/" "Mozilla/4.08"`],
    ['apache', line],
    ['linux_kernel', 'Mar  1 12:00:01 host sshd[77]: Accepted password'],
    ['ruby_logger', 'I, [2020-01-01T10:00:00.123 #77]  INFO -- main: started, ok'],
  ])('%s is recognized before CSV', async (classification, text) => {
    expect(await inspected(`${text}\n${text}\n`)).toMatchObject({ classification, format: 'grok' })
  })

  it('are read by a regular expression with a group for each column, and none for those of the patterns', () => {
    const regex = new RegExp(
      `^${grokRegex('%{WORD:a} (x|[(]|\\() %{N:b:int} %{WORD:a}', 'N (\\d+)(?:ms)?')}$`,
    )
    expect(regex.exec('at: one ( 12ms two, end')?.slice(1)).toEqual(['one', '12ms'])
  })

  it('have the columns that a grok classifier names, with its own patterns', async () => {
    const GrokClassifier = {
      Name: 'g',
      Classification: 'mine',
      GrokPattern: '%{TIMESTAMP_ISO8601:time} %{LEVEL:level} took %{INT:ms:int}ms %{GREEDYDATA:rest}',
      CustomPatterns: 'LEVEL (?:LOW|HIGH)',
      ...dates,
    }
    const found = await inspected(
      '2020-01-01T10:00:00Z LOW took 12ms a,b\n2020-01-01T10:00:01Z HIGH took 9ms c,d\n',
      [{ GrokClassifier }],
    )
    expect(found).toMatchObject({
      classification: 'mine',
      columns: ['time string', 'level string', 'ms int', 'rest string'],
    })
    expect(await inspected('a,b\n1,2\n', [{ GrokClassifier }])).toMatchObject({ classification: 'csv' })
  })
})

describe('a custom classifier', () => {
  it.each([
    ['$.records[*]', ['a int', 'b string']],
    ["$['records'][0]", ['a int', 'b string']],
    ['$.records[*].c', ['d boolean']],
    ['$', ['records array<struct<a:int,b:string,c:struct<d:boolean>>>']],
  ])('of the JsonPath %s has the columns of what it points at', async (JsonPath, columns) => {
    const text = '{"records":[{"a":1,"c":{"d":true}},{"a":2,"b":"x"}]}'
    const found = await inspected(text, [{ JsonClassifier: { Name: 'j', JsonPath, ...dates } }])
    expect(found.columns.filter((column) => !column.startsWith('c '))).toEqual(
      columns.map((column) =>
        column.replace('a:int,b:string,c:struct<d:boolean>', 'a:int,c:struct<d:boolean>,b:string'),
      ),
    )
  })

  it('of an array has the columns of its items', async () => {
    const JsonClassifier = { Name: 'j', JsonPath: '$[*]', ...dates }
    expect((await inspected('[{"a":1},{"b":2}]', [{ JsonClassifier }])).columns).toEqual(['a int', 'b int'])
  })

  it('refuses a path that is none', () => {
    expect(() => pathSteps('$..a')).toThrow('$..a is no JsonPath')
  })

  it.each([
    [{ Delimiter: '^' }, 'a^b\n1^2\n', ['a bigint', 'b bigint']],
    [{ ContainsHeader: 'ABSENT' as const }, 'a,1\nb,2\n', ['col0 string', 'col1 bigint']],
    [{ ContainsHeader: 'PRESENT' as const }, 'a,b\nx,y\n', ['a string', 'b string']],
    [{ Header: ['one', 'two'] }, '1,2\n3,4\n', ['one bigint', 'two bigint']],
    [{ AllowSingleColumn: true }, 'n\n1\n2\n', ['n bigint']],
    [
      { CustomDatatypeConfigured: true, CustomDatatypes: ['STRING', 'DATE'] },
      'a,b\n1,2020-01-01\n',
      ['a string', 'b date'],
    ],
  ])('of CSV with %j is followed', async (input, text, columns) => {
    const CsvClassifier = { Name: 'c', ...input, ...dates }
    expect((await inspected(text, [{ CsvClassifier }])).columns).toEqual(columns)
  })

  it('of CSV with a quote symbol makes a table of OpenCSVSerDe', async () => {
    const CsvClassifier = { Name: 'c', Delimiter: ';', QuoteSymbol: "'", ...dates }
    const found = await inspected("a;b\n1;'x;y'\n", [{ CsvClassifier }])
    if (!('schema' in found)) throw new Error('not recognized')
    expect(serdeOf(found).library).toBe('org.apache.hadoop.hive.serde2.OpenCSVSerde')
    expect(serdeParameters([found])).toEqual({ quoteChar: "'", separatorChar: ';' })
  })
})

it.each([
  ['binary content', Buffer.from([1, 0, 2, 0, 3]), 'its content is binary'],
  ['prose', 'Once upon a time there was.\nThe end of it.', 'its text is neither JSON'],
])('%s is left out with the reason', async (_name, content, reason) => {
  expect(await inspected(content)).toMatchObject({ reason: expect.stringContaining(reason) })
})
