import { spawnSync } from 'node:child_process'
import { parseEnv as parse } from 'node:util'
import { lakeConfig, lakeSchema } from '@ticklake/aws/config.ts'
import { kafkaConfig } from '@ticklake/kafka/config.ts'
import { expect, test } from 'vitest'
import { envAws, profiles } from './env-aws.ts'
import { likeAws, resolveTemplate } from './resolved-template.ts'
import { makeTemplate } from './template.ts'

const { outputs } = resolveTemplate(makeTemplate(), likeAws)
const deployment = { stack: 'ticklake', region: 'us-east-1', folder: '/secrets/ticklake', profile: undefined }

test('the services read .env.aws unchanged, and use the broker and the lake of the stack', () => {
  const env = parse(envAws(outputs, deployment))
  expect(kafkaConfig(env)).toMatchObject({
    KAFKA_BOOTSTRAP_SERVERS: 'ec2-203-0-113-200.compute-1.amazonaws.com:9093',
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_PASSWORD_FILE: '/secrets/ticklake/catalog.password',
    KAFKA_SSL_CA_FILE: '/secrets/ticklake/ca.pem',
  })
  expect(lakeConfig(env)).toMatchObject({
    bucket: 'ticklake-bucket-1a2b3c4d5e6f',
    workgroup: 'ticklake',
    results: 's3://ticklake-bucket-1a2b3c4d5e6f/lake/_athena/',
    database: 'stock_market_kafka',
    s3PathStyle: false,
  })
})

test('every LAKE_ name of .env.aws is one that the services know', () => {
  const names = Object.keys(parse(envAws(outputs, deployment))).filter((name) => name.startsWith('LAKE_'))
  expect(Object.keys(lakeSchema)).toEqual(expect.arrayContaining(names))
})

test('.env.aws has no password, no endpoint and no key', () => {
  const env = parse(envAws(outputs, { ...deployment, profile: 'me' }))
  expect(Object.keys(env).filter((name) => /PASSWORD|ENDPOINT|ACCESS_KEY|PATH_STYLE/.test(name))).toEqual([
    'KAFKA_SASL_PASSWORD_FILE',
  ])
  expect(env.AWS_PROFILE).toBe('me')
})

test('a folder with a space in its name is one value for a shell too', () => {
  const text = envAws(outputs, { ...deployment, folder: '/my lake/secrets' })
  const { stdout } = spawnSync('sh', ['-c', `${text}\nprintf %s "$KAFKA_SSL_CA_FILE"`], { encoding: 'utf8' })
  expect(stdout).toBe('/my lake/secrets/ca.pem')
  expect(parse(text).KAFKA_SSL_CA_FILE).toBe('/my lake/secrets/ca.pem')
})

test('a service’s profile takes over that service’s role', () => {
  const withArns = { ...outputs, ConsumerRoleArn: 'arn:aws:iam::123456789012:role/c' }
  expect(profiles(withArns, deployment)).toContain(
    '[profile ticklake-consumer]\nrole_arn = arn:aws:iam::123456789012:role/c\nsource_profile = default\n',
  )
})
