// CREATE EXTERNAL TABLE, which Athena has from Hive, parsed into the table that the Data Catalog stores.
import type { Column, SerDeInfo, StorageDescriptor, TableInput } from '../../glue/api/shapes.ts'
import { malformedQuery } from '../api/errors.ts'
import { hiveType } from './hive-type.ts'
import { engineLocation } from './location.ts'
import type { TokenReader } from './token-reader.ts'

export interface CreateTable {
  readonly kind: 'create-table'
  readonly database: string | undefined
  readonly ifNotExists: boolean
  /** Undefined without LOCATION, which is reported when the statement runs. */
  readonly table: TableInput
}

interface FileFormat {
  readonly input: string
  readonly output: string
  readonly serde: string
}

const textSerde = 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
const textFormat = {
  input: 'org.apache.hadoop.mapred.TextInputFormat',
  output: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
}

/** For a statement that names a SerDe and has no STORED AS. */
const serdeFormat: FileFormat = {
  ...textFormat,
  output: 'org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat',
  serde: textSerde,
}

const formats: Readonly<Record<string, FileFormat>> = {
  TEXTFILE: { ...textFormat, serde: textSerde },
  PARQUET: {
    input: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
  ORC: {
    input: 'org.apache.hadoop.hive.ql.io.orc.OrcInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat',
    serde: 'org.apache.hadoop.hive.ql.io.orc.OrcSerde',
  },
  AVRO: {
    input: 'org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat',
    serde: 'org.apache.hadoop.hive.serde2.avro.AvroSerDe',
  },
  JSONFILE: { ...textFormat, serde: 'org.apache.hive.hcatalog.data.JsonSerDe' },
  SEQUENCEFILE: {
    input: 'org.apache.hadoop.mapred.SequenceFileInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat',
    serde: textSerde,
  },
  RCFILE: {
    input: 'org.apache.hadoop.hive.ql.io.RCFileInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.RCFileOutputFormat',
    serde: 'org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe',
  },
  ION: {
    input: 'com.amazon.ionhiveserde.formats.IonInputFormat',
    output: 'com.amazon.ionhiveserde.formats.IonOutputFormat',
    serde: 'com.amazon.ionhiveserde.IonHiveSerDe',
  },
}

/** After CREATE EXTERNAL TABLE. @throws AwsError MALFORMED_QUERY */
export function createTable(reader: TokenReader): CreateTable {
  const ifNotExists = reader.accept('IF', 'NOT', 'EXISTS')
  const { database, name } = reader.qualifiedName()
  const columns = reader.list(() => column(reader))
  // Glue allows no line breaks in it: Athena replaces each run of white space by a blank.
  const comment = reader.accept('COMMENT') ? reader.text().replace(/\s+/g, ' ') : undefined
  const partitionKeys = reader.accept('PARTITIONED', 'BY') ? reader.list(() => column(reader)) : []
  const buckets = reader.accept('CLUSTERED', 'BY') ? bucketing(reader) : undefined
  const row = reader.accept('ROW', 'FORMAT') ? rowFormat(reader) : undefined
  const withoutFormat = row?.isNamed ? serdeFormat : formats.TEXTFILE!
  const files = reader.accept('STORED', 'AS') ? storedAs(reader) : withoutFormat
  const row2 = reader.accept('WITH', 'SERDEPROPERTIES') ? properties(reader) : {}
  const location = reader.accept('LOCATION') ? tableLocation(reader) : undefined
  const tableProperties = reader.accept('TBLPROPERTIES') ? properties(reader) : {}
  reader.end()

  const storage: StorageDescriptor = {
    Columns: columns,
    ...(location === undefined ? {} : { Location: location }),
    InputFormat: files.input,
    OutputFormat: files.output,
    Compressed: false,
    NumberOfBuckets: buckets?.count ?? -1,
    SerdeInfo: {
      SerializationLibrary: row?.serde.SerializationLibrary ?? files.serde,
      Parameters: { 'serialization.format': '1', ...row?.serde.Parameters, ...row2 },
    },
    BucketColumns: buckets?.columns ?? [],
    SortColumns: [],
    Parameters: {},
    StoredAsSubDirectories: false,
  }
  const table: TableInput = {
    Name: name,
    ...(comment === undefined ? {} : { Description: comment }),
    Owner: 'hadoop',
    Retention: 0,
    StorageDescriptor: storage,
    PartitionKeys: partitionKeys,
    TableType: 'EXTERNAL_TABLE',
    Parameters: { EXTERNAL: 'TRUE', ...(comment === undefined ? {} : { comment }), ...tableProperties },
  }
  return { kind: 'create-table', database, ifNotExists, table }
}

/** After LOCATION. @throws AwsError MALFORMED_QUERY for what is not in S3 */
export function tableLocation(reader: TokenReader): string {
  const location = reader.text()
  if (location === '' || engineLocation(location) !== undefined) return location
  throw malformedQuery(`Invalid location ${location} for table. Only S3 locations are allowed`)
}

/** A name, its type, and an optional comment. @throws AwsError MALFORMED_QUERY */
export function column(reader: TokenReader): Column {
  const Name = reader.name()
  const Type = hiveType(reader)
  return reader.accept('COMMENT') ? { Name, Type, Comment: reader.text() } : { Name, Type }
}

function bucketing(reader: TokenReader): { columns: string[]; count: number } {
  const columns = reader.list(() => reader.name())
  reader.expect('INTO')
  const count = reader.number()
  reader.expect('BUCKETS')
  return { columns, count }
}

/** The SerDe, and whether the statement names it. */
function rowFormat(reader: TokenReader): { serde: SerDeInfo; isNamed: boolean } {
  if (reader.expectOneOf('SERDE', 'DELIMITED') === 'SERDE') {
    const library = reader.text()
    const parameters = reader.accept('WITH', 'SERDEPROPERTIES') ? properties(reader) : {}
    return { serde: { SerializationLibrary: library, Parameters: parameters }, isNamed: true }
  }
  const parameters: Record<string, string> = {}
  if (reader.accept('FIELDS', 'TERMINATED', 'BY')) {
    parameters['field.delim'] = parameters['serialization.format'] = reader.text()
    if (reader.accept('ESCAPED', 'BY')) parameters['escape.delim'] = reader.text()
  }
  if (reader.accept('COLLECTION', 'ITEMS', 'TERMINATED', 'BY')) parameters['collection.delim'] = reader.text()
  if (reader.accept('MAP', 'KEYS', 'TERMINATED', 'BY')) parameters['mapkey.delim'] = reader.text()
  if (reader.accept('LINES', 'TERMINATED', 'BY')) parameters['line.delim'] = reader.text()
  if (reader.accept('NULL', 'DEFINED', 'AS')) parameters['serialization.null.format'] = reader.text()
  return { serde: { SerializationLibrary: textSerde, Parameters: parameters }, isNamed: false }
}

function storedAs(reader: TokenReader): FileFormat {
  if (reader.accept('INPUTFORMAT')) {
    const input = reader.text()
    reader.expect('OUTPUTFORMAT')
    return { input, output: reader.text(), serde: textSerde }
  }
  return formats[reader.expectOneOf(...Object.keys(formats))]!
}

/** ('key'='value', ...) @throws AwsError MALFORMED_QUERY */
export function properties(reader: TokenReader): Record<string, string> {
  return Object.fromEntries(
    reader.list(() => {
      const key = reader.text()
      reader.expect('=')
      const value = reader.text()
      // Athena stores a schema without its indentation.
      return [key, key === 'avro.schema.literal' ? value.replace(/ +/g, ' ') : value]
    }),
  )
}
