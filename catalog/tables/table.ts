// The Glue table of a dataset, made from the contract's columns, as `declare` creates it.
import type { TableInput } from '@aws-sdk/client-glue'
import type { LakeConfig, LakeFormat } from '@ticklake/aws/config.ts'
import { CONTRACT_VERSION, columnsAt, partitionKeys } from '@ticklake/contract/columns.ts'
import { tablePrefix } from '@ticklake/contract/keys.ts'

interface Storage {
  readonly classification: string
  readonly inputFormat: string
  readonly outputFormat: string
  readonly serde: string
}

const json: Storage = {
  classification: 'json',
  inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  serde: 'org.openx.data.jsonserde.JsonSerDe',
}

const storageOf: Record<LakeFormat, Storage> = {
  parquet: {
    classification: 'parquet',
    inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
  jsonl: json,
  'json-object': json,
}

type LakeOfTable = Pick<LakeConfig, 'bucket' | 'prefix' | 'dataset' | 'format' | 'table'>

/** s3://bucket/prefix/dataset/, where the objects of the dataset are. */
export function datasetLocation(lake: Pick<LakeConfig, 'bucket' | 'prefix' | 'dataset'>): string {
  return `s3://${lake.bucket}/${tablePrefix(lake)}`
}

/**
 * The table that describes the dataset. Pure: the same lake gives the same table. @param contract the version of its
 * columns; an earlier release declared an earlier one
 */
export function tableInput(lake: LakeOfTable, contract: number = CONTRACT_VERSION): TableInput {
  const storage = storageOf[lake.format]
  const columns = columnsAt(contract)
  return {
    Name: lake.table,
    Description: `Market ticks in ${lake.format}, one row per message; (kafka_topic_id, kafka_partition, kafka_offset) is a row's identity`,
    TableType: 'EXTERNAL_TABLE',
    Parameters: { EXTERNAL: 'TRUE', classification: storage.classification },
    PartitionKeys: partitionKeys.map(({ name, glue, doc }) => ({ Name: name, Type: glue, Comment: doc })),
    StorageDescriptor: {
      Columns: columns.map(({ name, glue, doc }) => ({ Name: name, Type: glue, Comment: doc })),
      Location: datasetLocation(lake),
      InputFormat: storage.inputFormat,
      OutputFormat: storage.outputFormat,
      SerdeInfo: { SerializationLibrary: storage.serde, Parameters: serdeParameters(lake.format, contract) },
    },
  }
}

function serdeParameters(format: LakeFormat, contract: number): Record<string, string> {
  if (format === 'parquet') return { 'serialization.format': '1' }
  // As a crawler writes it: the keys of the objects, sorted.
  const names = columnsAt(contract).map((column) => column.name)
  return { paths: names.sort().join(',') }
}
