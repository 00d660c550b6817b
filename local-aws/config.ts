// The LOCAL_AWS_* variables: where the endpoint listens, which servers are behind it, where it keeps its state.
import { secretForm } from '@ticklake/runtime/engine-secret.ts'
import { type Env, flag, integer, optionalText, pattern, readEnv, text } from '@ticklake/runtime/env.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { readNamedFile } from '@ticklake/runtime/named-file.ts'
import { hideSecret } from '@ticklake/runtime/redact.ts'
import { hostNames } from '@ticklake/runtime/request-guard.ts'

const httpUrl = /^http:\/\/[^/\s]+\/?$/

export const localAwsSchema = {
  LOCAL_AWS_HOST: text({ doc: 'the address that the endpoint listens on', default: '127.0.0.1' }),
  LOCAL_AWS_PORT: integer({
    doc: 'the port of the endpoint; 0 picks a free one',
    default: 4566,
    max: 65_535,
  }),
  LOCAL_AWS_ALLOWED_HOSTS: hostNames({
    doc: 'host names under which the endpoint answers, in addition to localhost and LOCAL_AWS_HOST; requests for any other name are refused',
  }),
  LOCAL_AWS_S3_ENDPOINT: pattern(httpUrl, 'an http:// address without a path', {
    doc: 'the S3 server (MiniStack), which also answers STS, IAM, CloudFormation, EC2, SSM and Secrets Manager',
    default: 'http://127.0.0.1:4567',
  }),
  LOCAL_AWS_TRINO_URL: pattern(httpUrl, 'an http:// address without a path', {
    doc: 'the Trino that runs the SQL of Athena',
    default: 'http://127.0.0.1:8080',
  }),
  LOCAL_AWS_SECRET_FILE: optionalText({
    doc: 'a file with the secret that MiniStack and Trino require, 64 hexadecimal digits; unset for servers that require none',
  }),
  LOCAL_AWS_DATA_DIR: text({
    doc: 'the folder with the Data Catalog and the history of queries',
    default: '.local/data/local-aws',
  }),
  LOCAL_AWS_REGION: text({ doc: 'the region in ARNs and answers', default: 'us-east-1' }),
  LOCAL_AWS_ACCOUNT_ID: pattern(/^\d{12}$/, 'twelve digits', {
    doc: 'the account in ARNs and answers',
    default: '000000000000',
  }),
  LOCAL_AWS_RESULTS: optionalText({
    doc: 'where results go when neither the request nor its workgroup names a location (s3://bucket/prefix/); when unset, such a request is refused, as on AWS',
  }),
  LOCAL_AWS_BUCKETS: pattern(
    /^[a-z0-9][a-z0-9.-]{2,62}(,[a-z0-9][a-z0-9.-]{2,62})*$|^$/,
    'bucket names, comma-separated',
    {
      doc: 'buckets that are created at the first start, comma-separated',
      default: '',
    },
  ),
  LOCAL_AWS_SEED_DIR: optionalText({
    doc: 'a folder that fills the endpoint at its first start: objects from s3/BUCKET/KEY, then the statements of its *.sql files in the order of their names',
  }),
  LOCAL_AWS_HISTORY_MINUTES: integer({
    doc: 'how many minutes a finished query and its result object are kept; the newest 1,000 queries are always kept',
    default: 60,
    min: 1,
  }),
  LOCAL_AWS_KEEP_RESULTS: flag({
    doc: 'whether result objects stay in S3 when their query is removed from the history, as they do on AWS',
    default: false,
  }),
} as const

export interface LocalAwsConfig {
  readonly host: string
  readonly port: number
  readonly allowedHosts: readonly string[] | undefined
  readonly s3Endpoint: URL
  readonly trinoUrl: URL
  /** The secret that MiniStack and Trino require. */
  readonly secret: string | undefined
  readonly dataDir: string
  readonly region: string
  readonly accountId: string
  /** s3://bucket/prefix/, with the slash at its end */
  readonly defaultResults: string | undefined
  /** Created at the first start. */
  readonly buckets: readonly string[]
  readonly seedDir: string | undefined
  readonly historyMs: number
  readonly keepResults: boolean
}

/** Reads LOCAL_AWS_*, and refuses unknown names. @throws Failure CONFIG_INVALID */
export function localAwsConfig(env: Env): LocalAwsConfig {
  const values = readEnv(localAwsSchema, env, ['LOCAL_AWS_'])
  return Object.freeze({
    host: values.LOCAL_AWS_HOST,
    port: values.LOCAL_AWS_PORT,
    allowedHosts: values.LOCAL_AWS_ALLOWED_HOSTS,
    s3Endpoint: new URL(values.LOCAL_AWS_S3_ENDPOINT),
    trinoUrl: new URL(values.LOCAL_AWS_TRINO_URL),
    secret: secretIn(values.LOCAL_AWS_SECRET_FILE),
    dataDir: values.LOCAL_AWS_DATA_DIR,
    region: values.LOCAL_AWS_REGION,
    accountId: values.LOCAL_AWS_ACCOUNT_ID,
    defaultResults: values.LOCAL_AWS_RESULTS,
    buckets: values.LOCAL_AWS_BUCKETS.split(',').filter(Boolean),
    seedDir: values.LOCAL_AWS_SEED_DIR,
    historyMs: values.LOCAL_AWS_HISTORY_MINUTES * 60_000,
    keepResults: values.LOCAL_AWS_KEEP_RESULTS,
  })
}

function secretIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const secret = readNamedFile('LOCAL_AWS_SECRET_FILE', file).trim()
  if (!secretForm.test(secret)) {
    throw new Failure({
      code: 'CONFIG_INVALID',
      what: 'the file that LOCAL_AWS_SECRET_FILE names holds no secret; nothing was started',
      why: 'a secret is 64 digits in hexadecimal, in lower case',
      remedy: 'write one into it with: openssl rand -hex 32, and give the same file to MiniStack and Trino',
    })
  }
  hideSecret(secret)
  return secret
}
