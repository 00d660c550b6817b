// Which SerDe and Hive classes read a format, and the SerDe's parameters.
import type { Parameters } from '../api/shapes.ts'
import type { Format, Inspection } from './inspection.ts'

interface Serde {
  readonly library?: string
  readonly input?: string
  readonly output?: string
}

const textClasses = {
  input: 'org.apache.hadoop.mapred.TextInputFormat',
  output: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
}
const openCsv: Serde = { ...textClasses, library: 'org.apache.hadoop.hive.serde2.OpenCSVSerde' }
const serdes: Readonly<Record<Format, Serde>> = {
  json: { ...textClasses, library: 'org.openx.data.jsonserde.JsonSerDe' },
  csv: { ...textClasses, library: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' },
  grok: { ...textClasses, library: 'com.amazonaws.glue.serde.GrokSerDe' },
  parquet: {
    input: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    library: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
  orc: {
    input: 'org.apache.hadoop.hive.ql.io.orc.OrcInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat',
    library: 'org.apache.hadoop.hive.ql.io.orc.OrcSerde',
  },
  avro: {
    input: 'org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat',
    library: 'org.apache.hadoop.hive.serde2.avro.AvroSerDe',
  },
  // Athena cannot read XML: only Glue's jobs can, by the row tag.
  xml: {},
}

export function serdeOf({ format, csv }: Inspection): Serde {
  return csv?.usesOpenCsv ? openCsv : serdes[format]
}

export function serdeParameters(inspections: readonly Inspection[]): Parameters {
  const { format, csv, grok, avroSchema, rowTag } = inspections[0]!
  switch (format) {
    case 'csv':
      return csv!.usesOpenCsv
        ? { quoteChar: csv!.quote, separatorChar: csv!.delimiter }
        : { 'field.delim': csv!.delimiter }
    case 'parquet':
    case 'orc':
      return { 'serialization.format': '1' }
    case 'avro':
      return { 'avro.schema.literal': avroSchema!, 'serialization.format': '1' }
    case 'grok':
      return {
        'input.format': grok!.pattern,
        ...(grok!.customPatterns ? { 'input.grokCustomPatterns': grok!.customPatterns } : {}),
      }
    case 'xml':
      return { rowTag: rowTag! }
    case 'json': {
      const keys = new Set(inspections.flatMap(({ schema }) => schema.map(({ name }) => name)))
      return { paths: [...keys].sort().join(',') }
    }
  }
}
