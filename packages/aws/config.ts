// Where the lake is and what its table is called: the LAKE_* variables, and the one S3 client made from them.
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import {
  type Env,
  flag,
  oneOf,
  optional,
  optionalText,
  pattern,
  readEnv,
  type Values,
} from '@ticklake/runtime/env.ts'

export const lakeFormats = ['parquet', 'jsonl', 'json-object'] as const
export type LakeFormat = (typeof lakeFormats)[number]

/** A dataset's default name; each format has its own dataset and table. */
const datasetOf: Record<LakeFormat, string> = {
  parquet: 'ticks',
  jsonl: 'ticks_jsonl',
  'json-object': 'ticks_json_object',
}

export const lakeSchema = {
  LAKE_BUCKET: pattern(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name', {
    doc: 'the S3 bucket',
    default: 'ticklake',
  }),
  LAKE_PREFIX: pattern(
    /^[0-9a-z_=.-]+(\/[0-9a-z_=.-]+)*$/,
    'a key prefix of [0-9a-z_=.-] without slashes at its ends',
    {
      doc: 'everything that ticklake writes is below this prefix',
      default: 'lake',
    },
  ),
  LAKE_FORMAT: oneOf(lakeFormats, {
    doc: 'the format of the objects; each format has its own dataset and table',
    default: 'parquet',
  }),
  // Not `_control`, `_athena` or `_compacted`: those folders are beside the datasets.
  LAKE_DATASET: optional(
    pattern(/^[a-z0-9][a-z0-9_]{0,199}$/, 'a name of [a-z0-9_] that does not begin with _', {
      doc: 'the dataset’s name and folder; `ticks`, `ticks_jsonl` or `ticks_json_object` by LAKE_FORMAT when unset',
    }),
  ),
  LAKE_DATABASE: pattern(/^[a-z0-9_-]{1,255}$/, 'a Glue database name ([a-z0-9_-])', {
    doc: 'the Glue database',
    default: 'stock_market_kafka',
  }),
  LAKE_TABLE: optionalText({
    doc: 'the Glue table of the dataset; the dataset’s name when unset',
  }),
  LAKE_WORKGROUP: pattern(/^[a-zA-Z0-9._-]{1,128}$/, 'an Athena workgroup name', {
    doc: 'the Athena workgroup',
    default: 'primary',
  }),
  LAKE_RESULTS: optionalText({
    doc: 'where Athena writes results (s3://bucket/prefix/); `s3://<LAKE_BUCKET>/<LAKE_PREFIX>/_athena/` when unset',
  }),
  LAKE_S3_PATH_STYLE: flag({
    doc: 'address buckets by path instead of host name, as a local endpoint needs; the SDK has no variable for this',
    default: false,
  }),
} as const

export interface LakeConfig {
  readonly bucket: string
  readonly prefix: string
  readonly format: LakeFormat
  readonly dataset: string
  readonly database: string
  readonly table: string
  readonly workgroup: string
  /** s3://bucket/prefix/, with the slash at its end */
  readonly results: string
  readonly s3PathStyle: boolean
}

/** The lake of these values, with defaults filled in. */
export function lakeOf(values: Values<typeof lakeSchema>): LakeConfig {
  const dataset = values.LAKE_DATASET ?? datasetOf[values.LAKE_FORMAT]
  const results = values.LAKE_RESULTS ?? `s3://${values.LAKE_BUCKET}/${values.LAKE_PREFIX}/_athena/`
  return Object.freeze({
    bucket: values.LAKE_BUCKET,
    prefix: values.LAKE_PREFIX,
    format: values.LAKE_FORMAT,
    dataset,
    database: values.LAKE_DATABASE,
    table: values.LAKE_TABLE ?? dataset,
    workgroup: values.LAKE_WORKGROUP,
    results: results.endsWith('/') ? results : `${results}/`,
    s3PathStyle: values.LAKE_S3_PATH_STYLE,
  })
}

/** Reads LAKE_*, and refuses unknown names. @throws Failure CONFIG_INVALID */
export function lakeConfig(env: Env): LakeConfig {
  return lakeOf(readEnv(lakeSchema, env, ['LAKE_']))
}

/**
 * The S3 client of every service. Region, credentials and endpoint come from the SDK's own chain; only the addressing
 * style does not, because the SDK has no variable for it.
 * @param other overrides: another server, other credentials, other timeouts
 */
export function s3Client(lake: Pick<LakeConfig, 's3PathStyle'>, other: S3ClientConfig = {}): S3Client {
  return new S3Client({
    forcePathStyle: lake.s3PathStyle,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    ...other,
  })
}
