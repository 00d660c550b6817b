import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { s3Client } from '@ticklake/aws/config.ts'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { CloudFormation } from './cloudformation.ts'
import { deploy, type Target } from './deploy.ts'
import { destroy } from './destroy.ts'
import { deleteWithData, holdsData } from './lake-bucket.ts'
import { withoutAddressAndVolume } from './local-template.ts'
import { makeTemplate } from './template.ts'

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
const mine = '203.0.113.7/32'
// Its own databases: infra/aws-page.stack.test.ts creates the template's defaults in the same catalog.
const given = { ClientCidr: mine, KafkaArchiveSha512: 'a'.repeat(128), LakeDatabase: 'deploy_test' }
const never = new AbortController().signal

describe('the stack on a local CloudFormation: all but the address and the volume, and no instance boots', () => {
  const template = withoutAddressAndVolume(makeTemplate())
  let folder: string
  let target: Target
  let cloud: CloudFormation
  let bucket: string
  const s3 = () => s3Client({ s3PathStyle: true })
  /** What the broker does once it serves. */
  const publishAuthority = () =>
    new SSMClient({}).send(
      new PutParameterCommand({
        Name: '/ticklake-test/broker-authority',
        Value: certificate,
        Type: 'String',
        Overwrite: true,
      }),
    )

  beforeAll(async () => {
    Object.assign(process.env, inject('stackEnv'))
    folder = await mkdtemp(join(tmpdir(), 'ticklake-deploy-'))
    target = {
      stack: 'ticklake-test',
      secretsFolder: join(folder, 'aws'),
      envFile: join(folder, '.env.aws'),
      yes: true,
    }
    cloud = new CloudFormation(target.stack)
  })

  afterAll(async () => {
    if (await cloud.state()) await cloud.delete(never, () => {})
    if (bucket) await deleteWithData(bucket)
    await rm(folder, { recursive: true })
  })

  test('a range that is the whole world is refused before anything is made', async () => {
    const open = deploy(template, { ...given, ClientCidr: '0.0.0.0/0' }, target, never)
    await expect(open).rejects.toMatchObject({
      code: 'STACK_REFUSED',
      why: expect.stringContaining('ClientCidr'),
    })
    expect((await cloud.state())?.status ?? 'REVIEW_IN_PROGRESS').toBe('REVIEW_IN_PROGRESS')
  })

  test('nothing is written about a broker that has not published its certificate', async () => {
    await expect(deploy(template, given, target, never)).rejects.toMatchObject({ code: 'BROKER_NOT_READY' })
    const state = await cloud.state()
    expect(state?.status).toBe('CREATE_COMPLETE')
    bucket = state!.outputs.BucketName!
    await expect(stat(target.envFile)).rejects.toThrow('ENOENT')
  })

  test('the bucket is closed to the public', async () => {
    const access = await s3().send(new GetPublicAccessBlockCommand({ Bucket: bucket }))
    expect(Object.values(access.PublicAccessBlockConfiguration!)).toEqual([true, true, true, true])
  })

  test('what is deleted can be had back: the bucket keeps versions', async () => {
    const at = { Bucket: bucket, Key: 'lake/ticks/x.parquet' }
    expect((await s3().send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status).toBe('Enabled')
    const { VersionId } = await s3().send(new PutObjectCommand({ ...at, Body: 'x' }))
    const mark = await s3().send(new DeleteObjectCommand(at))
    await expect(s3().send(new GetObjectCommand(at))).rejects.toThrow()
    const { Body: old } = await s3().send(new GetObjectCommand({ ...at, VersionId }))
    expect(await old!.transformToString()).toBe('x')
    // As docs/troubleshooting.md says: without the delete marker the object is back.
    await s3().send(new DeleteObjectCommand({ ...at, VersionId: mark.VersionId }))
    const { Body } = await s3().send(new GetObjectCommand(at))
    expect(await Body!.transformToString()).toBe('x')
  })

  test('a second deploy changes nothing and writes .env.aws, the certificate and a password for each user', async () => {
    await publishAuthority()
    await deploy(template, given, target, never)
    const env = parseEnv(await readFile(target.envFile, 'utf8'))
    expect(env).toMatchObject({
      LAKE_BUCKET: bucket,
      KAFKA_SASL_USERNAME: 'catalog',
      AWS_REGION: 'us-east-1',
    })
    expect(await readFile(env.KAFKA_SSL_CA_FILE!, 'utf8')).toBe(`${certificate}\n`)
    const secrets = join(target.secretsFolder, target.stack)
    expect((await readdir(secrets)).sort()).toEqual([
      'admin.password',
      'ca.pem',
      'catalog.password',
      'consumer.password',
      'producer.password',
    ])
    // The local CloudFormation puts punctuation into it, which the template forbids.
    expect(await readFile(env.KAFKA_SASL_PASSWORD_FILE!, 'utf8')).toHaveLength(40)
    for (const file of [target.envFile, env.KAFKA_SASL_PASSWORD_FILE!]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600)
    }
  })

  test('another range is a change of the firewall, and leaves the bucket as it is', async () => {
    await deploy(template, { ...given, ClientCidr: '198.51.100.0/24' }, target, never)
    const state = await cloud.state()
    expect(state?.parameters.ClientCidr).toBe('198.51.100.0/24')
    expect(state?.outputs.BucketName).toBe(bucket)
  })

  test('destroy deletes nothing while it is not said what becomes of the data', async () => {
    await s3().send(new PutObjectCommand({ Bucket: bucket, Key: 'lake/ticks/x.parquet', Body: 'x' }))
    await expect(destroy(target, undefined, never)).rejects.toMatchObject({ code: 'DATA_UNDECIDED' })
    expect((await cloud.state())?.status).toBe('UPDATE_COMPLETE')
  })

  test('destroy that keeps the data leaves the bucket and nothing else', async () => {
    await destroy(target, 'keep', never)
    expect(await cloud.state()).toBeUndefined()
    await s3().send(new HeadBucketCommand({ Bucket: bucket }))
    await expect(stat(target.envFile)).rejects.toThrow('ENOENT')
    expect(await readdir(target.secretsFolder)).toEqual([])
  })

  test('destroy that deletes the data leaves nothing, also when it was stopped before the data’s turn', async () => {
    await deploy(template, given, target, never).catch(() => {})
    await publishAuthority()
    await deploy(template, given, target, never)
    const second = (await cloud.state())!.outputs.BucketName!
    expect(second).not.toBe(bucket)
    const at = { Bucket: second, Key: 'lake/ticks/x.parquet' }
    await s3().send(new PutObjectCommand({ ...at, Body: 'x' }))
    await s3().send(new PutObjectCommand({ ...at, Body: 'y' }))
    await s3().send(new DeleteObjectCommand(at))
    await cloud.delete(never, () => {})
    await s3().send(new HeadBucketCommand({ Bucket: second }))
    await destroy(target, 'delete', never)
    await expect(s3().send(new HeadBucketCommand({ Bucket: second }))).rejects.toThrow()
    await expect(stat(target.envFile)).rejects.toThrow('ENOENT')
  })

  test('a bucket is emptied that was begun before it had versions', async () => {
    const at = { Bucket: `ticklake-begun-${process.pid}`, Key: 'x' }
    await s3().send(new CreateBucketCommand({ Bucket: at.Bucket }))
    await s3().send(new PutObjectCommand({ ...at, Body: 'of no version' }))
    await s3().send(
      new PutBucketVersioningCommand({ Bucket: at.Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    )
    await s3().send(new DeleteObjectCommand(at))
    expect(await holdsData(at.Bucket)).toBe(true)
    expect(await deleteWithData(at.Bucket)).toBe(1)
    expect(await holdsData(at.Bucket)).toBe(false)
    await expect(s3().send(new HeadBucketCommand({ Bucket: at.Bucket }))).rejects.toThrow()
  })
})
