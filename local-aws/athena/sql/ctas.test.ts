import { icebergCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { tokensOf } from '@ticklake/runtime/sql/tokens.ts'
import { expect, test } from 'vitest'
import { engineCtas, hasExternalLocation } from './ctas.ts'

const rewritten = (sql: string) => engineCtas(sql, tokensOf(sql), 's3://b/r/tables/1/', 'db')
const withProperties = (list: string) => rewritten(`CREATE TABLE t WITH (${list}) AS SELECT 1 AS a`)
/** The properties in the statement for the engine. */
const propertiesOf = (list: string) => /WITH \((.*)\) AS/s.exec(withProperties(list).sql)![1]

const location = "external_location = 's3://b/r/tables/1/'"

test('a table without properties is Parquet with GZIP below the results', () => {
  const { sql, session } = rewritten('CREATE TABLE t AS SELECT 1')
  expect(sql).toBe(`CREATE TABLE t WITH (format = 'PARQUET', ${location}) AS SELECT 1`)
  expect(session).toEqual({ compression_codec: 'GZIP' })
  const inner = 'CREATE TABLE t AS WITH external_location AS (SELECT 1 AS a) SELECT * FROM external_location'
  expect(rewritten(inner).sql).toContain(`${location}) AS WITH`)
})

test.each([
  ["format='orc'", `format = 'ORC', ${location}`, 'GZIP'],
  ["FORMAT='ORC', Orc_Compression='snappy'", `format = 'ORC', ${location}`, 'SNAPPY'],
  ["parquet_compression='ZSTD', compression_level=5", `format = 'PARQUET', ${location}`, 'ZSTD'],
  ["write_compression='UNCOMPRESSED'", `format = 'PARQUET', ${location}`, 'NONE'],
  ["format='AVRO'", `format = 'AVRO', ${location}`, 'GZIP'],
  ["format='JSON', write_compression='none'", `format = 'JSON', ${location}`, 'NONE'],
  [
    "format='TEXTFILE', field_delimiter='\\t'",
    `format = 'TEXTFILE', textfile_field_separator = '\t', ${location}`,
    'GZIP',
  ],
  [
    "table_type='hive', is_external=true, External_Location = 's3://b/x/', format='parquet', write_compression='snappy'",
    "format = 'PARQUET', external_location = 's3://b/x/'",
    'SNAPPY',
  ],
  [
    "bucketed_by = ARRAY['a', 'b'], bucket_count = 4, partitioned_by = array['p']",
    `format = 'PARQUET', partitioned_by = array['p'], bucketed_by = ARRAY['a', 'b'], bucket_count = 4, ${location}`,
    'GZIP',
  ],
])('%s', (list, expected, codec) => {
  expect(propertiesOf(list)).toBe(expected)
  expect(withProperties(list).session).toEqual({ compression_codec: codec })
})

test.each([
  ["external_location='S3a://b//x//'", "external_location = 's3://b/x/'"],
  ["external_location='s3://b'", "external_location = 's3://b/'"],
  ["table_type='ICEBERG', location='s3n://b//x'", "location = 's3://b/x'"],
])('%s is for the engine %s', (list, expected) => {
  expect(propertiesOf(list)).toBe(`format = 'PARQUET', ${expected}`)
})

test.each([
  ['CREATE TABLE t WITH ("External_Location" = \'s3://b/x/\') AS SELECT 1', true],
  ['CREATE TABLE t AS SELECT external_location = 1 FROM u', false],
  ["CREATE TABLE external_location WITH (format = 'ORC') AS SELECT 1", false],
])('whether %s says where its data goes: %s', (sql, expected) => {
  expect(hasExternalLocation(tokensOf(sql))).toBe(expected)
})

test.each([
  [
    "formt='ORC'",
    "INVALID_TABLE_PROPERTY: line 1:22: Catalog 'awsdatacatalog' table property 'formt' does not exist",
  ],
  ["compression='GZIP'", "table property 'compression' does not exist"],
  ["textfile_field_separator=','", "table property 'textfile_field_separator' does not exist"],
  ["format='ORC', format='ORC'", 'line 1:36: Duplicate property: format'],
  ["format='XML'", "Unable to set table property 'format' to 'XML'"],
  ["format='constructor'", "Unable to set table property 'format' to 'CONSTRUCTOR'"],
  ["format=ARRAY['ORC']", "The value of the property 'format' is no text, number or boolean"],
  ["format='ORC', parquet_compression='GZIP'", "'parquet_compression' is not for the format ORC"],
  ["format='ORC', write_compression='GZIP'", 'Compression GZIP is not supported for the format ORC'],
  ["format='JSON', write_compression='BZIP2'", 'NOT_SUPPORTED: BZIP2 compression of JSON'],
  ["write_compression='ZSTD', compression_level=23", "'compression_level' is for ZSTD, from 1 to 22"],
  ['compression_level=3', "'compression_level' is for ZSTD"],
  ["field_delimiter=','", "'field_delimiter' is not for the format PARQUET"],
  ["format='TEXTFILE', field_delimiter='||'", 'takes a single character'],
  ['is_external=false', 'is_external must be true'],
  ["table_type='DELTA'", 'Table type DELTA is none of HIVE, ICEBERG'],
  ["table_type='iceberg', is_external=true", 'is_external must be false'],
  ["table_type='iceberg', external_location='s3://b/'", "property 'external_location' does not exist"],
  ["table_type='iceberg', format='JSON'", 'Invalid value for table property format: JSON'],
  ["location='s3://b/'", "table property 'location' does not exist"],
  ["format 'ORC'", "line 1:29: mismatched input ''ORC''. Expecting: '='"],
  ['format=', "mismatched input ')'. Expecting: <expression>"],
  ...['https://b.s3.amazonaws.com/x/', '', ' s3://b/x/'].flatMap((uri) =>
    ["external_location='", "table_type='iceberg', location='"].map((property): [string, string] => [
      `${property}${uri}'`,
      `INVALID_TABLE_PROPERTY: External location is not a valid file system URI: ${uri}`,
    ]),
  ),
])('%s is refused', (list, message) => {
  expect(() => withProperties(list)).toThrow(message)
})

test('a table of Iceberg gets its name in the catalog behind, and places stay where they are', () => {
  const own =
    "CREATE TABLE IF NOT EXISTS \"T\" WITH (table_type='iceberg', write_compression='gzip', vacuum_min_snapshots_to_keep=3) AS SELECT x"
  const { sql, session, makesIceberg, inOwnPositions } = rewritten(own)
  expect(sql).toBe(
    `CREATE TABLE IF NOT EXISTS "${icebergCatalog}"."db"."t" WITH (format = 'PARQUET', location = 's3://b/r/tables/1/') AS SELECT x`,
  )
  expect(session).toEqual({ [`${icebergCatalog}.compression_codec`]: 'GZIP' })
  expect(makesIceberg).toEqual({
    database: 'db',
    name: 't',
    properties: { 'write.parquet.compression-codec': 'gzip', 'history.expire.min-snapshots-to-keep': '3' },
  })
  expect(inOwnPositions(`line 1:${sql.indexOf('SELECT x') + 8}: x`)).toBe(
    `line 1:${own.indexOf('SELECT x') + 8}: x`,
  )
})

test('a position behind the properties is moved back, one before them is not', () => {
  const { sql, inOwnPositions } = rewritten('CREATE TABLE t AS SELECT x')
  expect(inOwnPositions(`line 1:${sql.indexOf('SELECT x') + 8}: x`)).toBe('line 1:26: x')
  expect(inOwnPositions('line 1:14: t')).toBe('line 1:14: t')
  expect(inOwnPositions('line 2:60: t')).toBe('line 2:60: t')
})

test('properties over several lines do not move what follows', () => {
  const own = "CREATE TABLE t WITH (\n  format = 'ORC',\n  table_type = 'HIVE'\n) AS\nSELECT x"
  const { sql, inOwnPositions } = rewritten(own)
  const lines = sql.split('\n')
  expect(inOwnPositions(`line ${lines.length}:8: x`)).toBe('line 5:8: x')
  expect(inOwnPositions('line 1:30: x')).toBe('line 1:21: x')
})
