import { expect, test } from 'vitest'
import { hiveStatement } from './hive-ddl.ts'
import { statementOf } from './statement.ts'

const parse = (sql: string) => hiveStatement(statementOf(sql))

test('a table with every clause becomes the table that Glue keeps', () => {
  expect(
    parse(`
      CREATE EXTERNAL TABLE db.ticks (
        a INT, b decimal(10, 2), c Struct< x : bigint , y:array<map<string,double>> > COMMENT 'it''s', d varchar(20)
      )
      COMMENT 'the ticks'
      PARTITIONED BY (dt string, hour string COMMENT 'UTC')
      ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true', 'paths'='a,b')
      STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat' OUTPUTFORMAT 'org.example.Out'
      LOCATION 's3://bucket/ticks/'
      TBLPROPERTIES ('classification'='json', "projection.enabled"="false")`),
  ).toEqual({
    kind: 'create-table',
    database: 'db',
    ifNotExists: false,
    table: {
      Name: 'ticks',
      Description: 'the ticks',
      Owner: 'hadoop',
      Retention: 0,
      TableType: 'EXTERNAL_TABLE',
      StorageDescriptor: {
        Columns: [
          { Name: 'a', Type: 'int' },
          { Name: 'b', Type: 'decimal(10,2)' },
          { Name: 'c', Type: 'struct<x:bigint,y:array<map<string,double>>>', Comment: "it's" },
          { Name: 'd', Type: 'varchar(20)' },
        ],
        Location: 's3://bucket/ticks/',
        InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        OutputFormat: 'org.example.Out',
        Compressed: false,
        NumberOfBuckets: -1,
        SerdeInfo: {
          SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
          Parameters: { 'serialization.format': '1', 'ignore.malformed.json': 'true', paths: 'a,b' },
        },
        BucketColumns: [],
        SortColumns: [],
        Parameters: {},
        StoredAsSubDirectories: false,
      },
      PartitionKeys: [
        { Name: 'dt', Type: 'string' },
        { Name: 'hour', Type: 'string', Comment: 'UTC' },
      ],
      Parameters: {
        EXTERNAL: 'TRUE',
        comment: 'the ticks',
        classification: 'json',
        'projection.enabled': 'false',
      },
    },
  })
})

test('names in backticks may hold anything, and are kept in lower case', () => {
  expect(
    parse(
      "CREATE EXTERNAL TABLE IF NOT EXISTS `Stock-Market`.`My Ticks` (`Index` string) LOCATION 's3://b/t/'",
    ),
  ).toMatchObject({
    kind: 'create-table',
    database: 'stock-market',
    ifNotExists: true,
    table: { Name: 'my ticks', StorageDescriptor: { Columns: [{ Name: 'index', Type: 'string' }] } },
  })
})

test('a delimited table has its delimiters in the SerDe, escapes read', () => {
  const statement = parse(
    String.raw`CREATE EXTERNAL TABLE t (a int) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' NULL DEFINED AS '\001' STORED AS TEXTFILE LOCATION 's3://b/t/'`,
  )
  expect(statement).toMatchObject({
    table: {
      StorageDescriptor: {
        SerdeInfo: {
          SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
          Parameters: {
            'field.delim': '\t',
            'serialization.format': '\t',
            'escape.delim': '\\',
            'line.delim': '\n',
            'serialization.null.format': '\u0001',
          },
        },
      },
    },
  })
})

test.each([
  [
    'SEQUENCEFILE',
    'org.apache.hadoop.mapred.SequenceFileInputFormat',
    'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
  ],
  [
    'RCFILE',
    'org.apache.hadoop.hive.ql.io.RCFileInputFormat',
    'org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe',
  ],
  ['ION', 'com.amazon.ionhiveserde.formats.IonInputFormat', 'com.amazon.ionhiveserde.IonHiveSerDe'],
])('STORED AS %s names the classes of the format', (format, InputFormat, SerializationLibrary) => {
  expect(parse(`CREATE EXTERNAL TABLE t (a int) STORED AS ${format} LOCATION 's3://b/t/'`)).toMatchObject({
    table: { StorageDescriptor: { InputFormat, SerdeInfo: { SerializationLibrary } } },
  })
})

test('STORED AS PARQUET names the three classes of Parquet', () => {
  expect(parse("CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://b/t/'")).toMatchObject({
    table: {
      StorageDescriptor: {
        InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
        OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
        SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      },
    },
  })
})

const textOutput = (format: string) => `org.apache.hadoop.hive.ql.io.${format}`
test.each([
  ["ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'", 'IgnoreKeyTextOutputFormat'],
  [
    "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' STORED AS TEXTFILE",
    'HiveIgnoreKeyTextOutputFormat',
  ],
  ["ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'", 'HiveIgnoreKeyTextOutputFormat'],
])('a table with %s has the output format %s', (clauses, format) => {
  expect(parse(`CREATE EXTERNAL TABLE t (a int) ${clauses} LOCATION 's3://b/t/'`)).toMatchObject({
    table: { StorageDescriptor: { OutputFormat: textOutput(format) } },
  })
})

test('a schema in Avro is stored without its indentation, other properties as they are', () => {
  const statement = parse(
    `CREATE EXTERNAL TABLE t (a int) ROW FORMAT SERDE 'x' WITH SERDEPROPERTIES ('avro.schema.literal'='{\n   "type" : 1\n}', 'b'='  ') LOCATION 's3://b/t/'`,
  )
  expect(statement).toMatchObject({
    table: {
      StorageDescriptor: {
        SerdeInfo: { Parameters: { 'avro.schema.literal': '{\n "type" : 1\n}', b: '  ' } },
      },
    },
  })
})

test.each([
  ['CREATE EXTERNAL TABLE t (a strin)', "line 1:28: mismatched input 'strin'. Expecting: <type>"],
  [
    'CREATE EXTERNAL TABLE "t" (a int)',
    'mismatched input \'"t"\'. Expecting: <identifier> (this statement quotes names with backticks)',
  ],
  ['CREATE EXTERNAL TABLE t (a int', "line 1:31: mismatched input '<EOF>'. Expecting: ')', ','"],
  [
    'CREATE EXTERNAL TABLE t (a int)\nSTORED AS XML',
    "line 2:11: mismatched input 'XML'. Expecting: 'TEXTFILE', 'PARQUET'",
  ],
  ['CREATE DATABASE a-b', "line 1:18: mismatched input '-'. Expecting: <EOF>"],
  ['DROP TABLE', "line 1:11: mismatched input '<EOF>'. Expecting: <identifier>"],
])('%s is refused with its place', (sql, message) => {
  expect(() => parse(sql)).toThrow(message)
})

test.each([
  ['CREATE TABLE t (a int)', 'No location was specified for table. An S3 location must be specified'],
  ["CREATE TABLE t (a int) LOCATION 's3://b/t/'", 'External keyword required for table type HIVE'],
  [
    "CREATE EXTERNAL TABLE t (a int) LOCATION 's3:////b/t/'",
    'Invalid location s3:////b/t/ for table. Only S3 locations are allowed',
  ],
  [
    "CREATE TABLE t (a int) LOCATION 'b/t/' TBLPROPERTIES ('table_type'='ICEBERG')",
    'Invalid location b/t/ for table. Only S3 locations are allowed',
  ],
])('%s without EXTERNAL, and of no other type, is refused', (sql, message) => {
  expect(() => parse(sql)).toThrow(message)
})
