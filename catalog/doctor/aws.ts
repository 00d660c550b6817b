// Doctor's checks of AWS: clock, credentials, bucket, Glue and Athena, each with the smallest call that proves it.
import { AthenaClient, GetWorkGroupCommand } from '@aws-sdk/client-athena'
import { GetDatabaseCommand, GetTableCommand, GlueClient } from '@aws-sdk/client-glue'
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { Athena } from '@ticklake/aws/athena.ts'
import { type LakeConfig, s3Client } from '@ticklake/aws/config.ts'
import { awsFailure, httpStatus, isAwsError } from '@ticklake/aws/failure.ts'
import { queryFailure } from '@ticklake/aws/query-failure.ts'
import { Bucket } from '@ticklake/aws/s3.ts'
import { readTruncations } from '@ticklake/lake/truncations.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { diagnoseClock } from './diagnoses.ts'
import type { RunCheck } from './doctor.ts'

type AwsCheck =
  | 'clock'
  | 'credentials'
  | 'bucket'
  | 'write'
  | 'conditional PUT'
  | 'chains of claims'
  | 'Glue'
  | 'Athena workgroup'
  | 'Athena query'

export type AwsChecks = Readonly<Record<AwsCheck, RunCheck>> & Disposable

const patience = { maxAttempts: 2, requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000 } }

/** The region that the SDK's own chain finds. @throws Failure AWS_REGION */
export async function regionOf(lake: LakeConfig): Promise<string> {
  const client = s3Client(lake)
  try {
    return await client.config.region()
  } catch (error) {
    throw awsFailure('S3', 'reading the region', error)
  } finally {
    client.destroy()
  }
}

export function awsChecks(lake: LakeConfig): AwsChecks {
  const s3 = s3Client(lake)
  const sts = new STSClient(patience)
  const glue = new GlueClient(patience)
  const athena = new AthenaClient(patience)
  // Always the same key: the roles may write here but not delete, so only one small object is ever left.
  const probe = { Bucket: lake.bucket, Key: `${lake.prefix}/_control/doctor/probe.json` }
  const at = `s3://${probe.Bucket}/${probe.Key}`
  const text = () => ({
    Body: `${JSON.stringify({ v: 1, by: 'catalog doctor' })}\n`,
    ContentType: 'application/json',
  })
  const bucket = new Bucket(s3, lake.bucket)

  return {
    clock: (signal) => clock(lake, signal),

    async credentials(abortSignal) {
      try {
        const { Arn, Account } = await sts.send(new GetCallerIdentityCommand(), { abortSignal })
        return `${Arn ?? 'someone'}, account ${Account ?? 'unknown'}`
      } catch (error) {
        throw awsFailure('STS', 'reading the caller’s identity', error)
      }
    },

    async bucket(abortSignal) {
      try {
        const { BucketRegion } = await s3.send(new HeadBucketCommand({ Bucket: lake.bucket }), {
          abortSignal,
        })
        return `s3://${lake.bucket}${BucketRegion ? ` in ${BucketRegion}` : ''}`
      } catch (error) {
        throw await bucketFailure(lake.bucket, s3, error)
      }
    },

    async write(abortSignal) {
      try {
        await s3.send(new PutObjectCommand({ ...probe, ...text() }), { abortSignal })
      } catch (error) {
        throw awsFailure('S3', `writing ${at}`, error)
      }
      try {
        const { Body } = await s3.send(new GetObjectCommand(probe), { abortSignal })
        await Body?.transformToString()
      } catch (error) {
        throw awsFailure('S3', `reading back ${at}`, error)
      }
      return `${at} written and read`
    },

    async 'conditional PUT'(abortSignal) {
      try {
        await s3.send(new PutObjectCommand({ ...probe, ...text(), IfNoneMatch: '*' }), { abortSignal })
      } catch (error) {
        const status = httpStatus(error)
        if (status === 412) return 'a second If-None-Match: * is refused with 412'
        if (status !== 501 && status !== 400) throw awsFailure('S3', `writing ${at} once more`, error)
        throw noConditions(`the store answers ${status}: ${reasonOf(error)}`, error)
      }
      throw noConditions(`${at} existed, and If-None-Match: * overwrote it`)
    },

    async 'chains of claims'() {
      const truncations = await readTruncations(bucket, lake)
      if (truncations.length === 0) return `no consumer has found a partition of ${lake.dataset} truncated`
      const open = truncations.filter(({ isOpen }) => isOpen).map(({ key }) => key)
      if (open.length === 0)
        return 'what Kafka had lost is recorded: the partitions are in a new era, or Kafka has it again'
      throw truncated(lake.bucket, open)
    },

    async Glue(abortSignal) {
      const { database, table } = lake
      try {
        await glue.send(new GetDatabaseCommand({ Name: database }), { abortSignal })
        await glue.send(new GetTableCommand({ DatabaseName: database, Name: table }), { abortSignal })
        return `${database}.${table}`
      } catch (error) {
        // A missing table is not a fault: the commands that need it come after doctor.
        if (isAwsError(error, 'EntityNotFoundException')) {
          return `${database}.${table} does not exist yet, \`catalog declare\` creates it`
        }
        throw glueFailure(database, error)
      }
    },

    async 'Athena workgroup'(abortSignal) {
      try {
        const answer = await athena.send(new GetWorkGroupCommand({ WorkGroup: lake.workgroup }), {
          abortSignal,
        })
        if (answer.WorkGroup?.State === 'DISABLED') throw workgroupDisabled(lake.workgroup)
        const engine = answer.WorkGroup?.Configuration?.EngineVersion?.EffectiveEngineVersion
        return `${lake.workgroup}${engine ? `, ${engine}` : ''}`
      } catch (error) {
        if (isAwsError(error, 'InvalidRequestException'))
          throw queryFailure('QUERY_REFUSED', reasonOf(error), error)
        throw awsFailure('Athena', `looking for workgroup ${lake.workgroup}`, error)
      }
    },

    async 'Athena query'(signal) {
      const [row] = await new Athena(athena, s3, lake).rows('SELECT 1', { signal })
      if (row?.[0] === '1') return `SELECT 1 gives 1, through ${lake.results}`
      throw new Failure({
        code: 'ATHENA_ANSWER',
        what: 'Athena ran SELECT 1, and its result is not 1',
        why: `the result read from S3 was ${JSON.stringify(row ?? null)}`,
        remedy: 'give LAKE_RESULTS its own prefix, which nothing else writes to',
      })
    },

    [Symbol.dispose]() {
      for (const client of [s3, sts, glue, athena]) client.destroy()
    },
  }
}

/** Any answer of S3, even an error, has the time, so invalid keys suffice and this check depends on no other. */
async function clock(lake: LakeConfig, abortSignal: AbortSignal): Promise<string> {
  const credentials = { accessKeyId: 'nobody', secretAccessKey: 'none' }
  const client = s3Client(lake, { ...patience, credentials })
  let seen: { date: string | undefined; sentMs: number; receivedMs: number } | undefined
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = Date.now()
      const answer = await next(args)
      const { headers } = answer.response as { headers?: Record<string, string> }
      seen ??= { date: headers?.date, sentMs, receivedMs: Date.now() }
      return answer
    },
    // Low priority: next to the network, before anything turns an answer into an error.
    { step: 'deserialize', priority: 'low', name: 'dateOfAnswer' },
  )
  try {
    await client.send(new HeadBucketCommand({ Bucket: lake.bucket }), { abortSignal })
  } catch (error) {
    if (!seen) throw awsFailure('S3', 'reading the time', error)
  } finally {
    client.destroy()
  }
  return diagnoseClock(seen?.date, seen?.sentMs ?? 0, seen?.receivedMs ?? 0)
}

async function bucketFailure(bucket: string, s3: S3Client, error: unknown): Promise<Failure> {
  const headers = (error as { $response?: { headers?: Record<string, string> } }).$response?.headers
  const [there, here] = [headers?.['x-amz-bucket-region'], await s3.config.region()]
  if (there && there !== here) {
    return new Failure({
      code: 'BUCKET_REGION',
      what: `the bucket ${bucket} is in another region`,
      why: `it is in ${there}, AWS_REGION is ${here}`,
      remedy: `set AWS_REGION=${there}, or LAKE_BUCKET to a bucket in ${here}`,
      cause: error,
    })
  }
  if (httpStatus(error) === 404) {
    return new Failure({
      code: 'BUCKET_MISSING',
      what: `the bucket ${bucket} does not exist`,
      why: 'S3 answers 404; no service creates a bucket by itself',
      remedy: 'create it (`make aws-deploy`; locally `make stack`), or set LAKE_BUCKET',
      cause: error,
    })
  }
  if (httpStatus(error) === 403) {
    return new Failure({
      code: 'AWS_DENIED',
      what: `access to the bucket ${bucket} is denied`,
      why: 'S3 answers 403: s3:ListBucket is not allowed, or the bucket belongs to someone else',
      remedy:
        'allow s3:ListBucket on it in the role’s policy (docs/aws.md), or set LAKE_BUCKET to your own bucket',
      cause: error,
    })
  }
  return awsFailure('S3', `looking for the bucket ${bucket}`, error)
}

function noConditions(why: string, cause?: unknown): Failure {
  return new Failure({
    code: 'CONDITIONAL_PUT',
    what: 'the store does not honour If-None-Match, and without it two consumers can claim the same records',
    why,
    remedy: 'use S3 itself, or a store that has conditional writes; remove a proxy that drops the header',
    cause,
  })
}

function glueFailure(database: string, error: unknown): Failure {
  if (!/Lake Formation/i.test(reasonOf(error))) return awsFailure('Glue', `looking for ${database}`, error)
  return new Failure({
    code: 'AWS_DENIED',
    what: `Lake Formation does not let these credentials see ${database}`,
    why: reasonOf(error),
    remedy: `grant DESCRIBE on ${database}, and SELECT on its tables, to this identity in Lake Formation`,
    cause: error,
  })
}

function workgroupDisabled(workgroup: string): Failure {
  return new Failure({
    code: 'ATHENA_WORKGROUP',
    what: `the workgroup ${workgroup} is disabled; Athena runs nothing in it`,
    why: 'its state is DISABLED',
    remedy: 'enable it (aws athena update-work-group --state ENABLED), or set LAKE_WORKGROUP',
  })
}

function truncated(bucket: string, keys: readonly string[]): Failure {
  return new Failure({
    code: 'TOPIC_TRUNCATED',
    what: `Kafka has replaced records that are in the lake, in ${keys.length} of its partitions; what landed stays, and nothing more lands in this dataset`,
    why: `a consumer recorded it: s3://${bucket}/${keys[0]}`,
    remedy:
      'begin a new dataset with LAKE_DATASET for all services, and keep both; or set CONSUMER_ON_TRUNCATION=record, which records what Kafka lost and continues in this dataset; `consumer withdraw` compares again, if the broker has its log back',
  })
}
