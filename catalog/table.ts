// The Glue table of a dataset, made from the contract's columns: what `declare` wants to be there.
import type { TableInput } from '@aws-sdk/client-glue'
import { columns, partitionKeys } from '@ticklake/contract/columns.ts'
import { tablePrefix } from '@ticklake/contract/keys.ts'
import type { LakeConfig, LakeFormat } from '@ticklake/runtime/lake.ts'

interface Storage {
  readonly classification: string
  readonly inputFormat: string
  readonly outputFormat: string
  readonly serde: string
  readonly serdeParameters: Readonly<Record<string, string>>
}

const json: Storage = {
  classification: 'json',
  inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  serde: 'org.openx.data.jsonserde.JsonSerDe',
  // As a crawler writes it: the keys of the objects, sorted.
  serdeParameters: {
    paths: columns
      .map((column) => column.name)
      .sort()
      .join(','),
  },
}

const storageOf: Record<LakeFormat, Storage> = {
  parquet: {
    classification: 'parquet',
    inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    serdeParameters: { 'serialization.format': '1' },
  },
  jsonl: json,
  'json-object': json,
}

type LakeOfTable = Pick<LakeConfig, 'bucket' | 'prefix' | 'dataset' | 'format' | 'table'>

/** s3://bucket/prefix/dataset/, where the objects of the dataset lie. */
export function datasetLocation(lake: Pick<LakeConfig, 'bucket' | 'prefix' | 'dataset'>): string {
  return `s3://${lake.bucket}/${tablePrefix(lake)}`
}

/** The table that describes the dataset. Pure: the same lake gives the same table. */
export function tableInput(lake: LakeOfTable): TableInput {
  const storage = storageOf[lake.format]
  return {
    Name: lake.table,
    Description: `Market ticks in ${lake.format}, one row a message; (kafka_topic_id, kafka_partition, kafka_offset) is a row's identity`,
    TableType: 'EXTERNAL_TABLE',
    Parameters: { EXTERNAL: 'TRUE', classification: storage.classification },
    PartitionKeys: partitionKeys.map(({ name, glue, doc }) => ({ Name: name, Type: glue, Comment: doc })),
    StorageDescriptor: {
      Columns: columns.map(({ name, glue, doc }) => ({ Name: name, Type: glue, Comment: doc })),
      Location: datasetLocation(lake),
      InputFormat: storage.inputFormat,
      OutputFormat: storage.outputFormat,
      SerdeInfo: { SerializationLibrary: storage.serde, Parameters: { ...storage.serdeParameters } },
    },
  }
}
