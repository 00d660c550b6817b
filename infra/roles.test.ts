import {
  claimKey,
  compactedKey,
  dataKey,
  datasetKey,
  deadKey,
  initialOffsetKey,
  manifestKey,
  recordKey,
  switchedKey,
  tableKey,
  truncationKey,
} from '@ticklake/contract/keys.ts'
import { describe, expect, test } from 'vitest'
import { allows, type Policy } from './iam-policy.ts'
import { likeAws, resolveTemplate } from './resolved-template.ts'
import { makeTemplate } from './template.ts'

const { resources } = resolveTemplate(makeTemplate(), likeAws)
const here = 'us-east-1:123456789012'
const bucket = 'arn:aws:s3:::ticklake-bucket-1a2b3c4d5e6f'
const lake = { prefix: 'lake', dataset: 'ticks' }
const hour = { dt: '2026-01-01', hour: '00' }
const range = { topicId: '0'.repeat(32), partition: 0, S: 0, E: 9 }
const at = (key: string) => `${bucket}/${key}`
const [tick, claim, result, compacted] = [
  at(dataKey(lake, hour, range, 'parquet')),
  at(claimKey(lake, range.topicId, 0, 0)),
  `${bucket}/lake/_athena/q.csv`,
  at(compactedKey(lake, hour, '000001-0123456789ab', range, 'parquet')),
]
const dataset = at(datasetKey(lake))
const probe = `${bucket}/lake/_control/doctor/probe.json`
/** Other objects that the catalog writes, once each. */
const notes = [
  at(manifestKey(lake, hour, 1)),
  at(switchedKey(lake, hour, 1)),
  at(tableKey(lake, 'stock_market_kafka', 'ticks')),
  `${bucket}/lake/_control/ticks/audit/2026-01-01-00-0123.json`,
]
/** The header of a PUT, in the form of a policy condition. */
const ifNoneMatch = { 's3:if-none-match': '*' }
const ifMatch = { 's3:if-match': '"0123"' }
const catalog = `arn:aws:glue:${here}:catalog`
const table = (database: string) => [
  catalog,
  `arn:aws:glue:${here}:database/${database}`,
  `arn:aws:glue:${here}:table/${database}/ticks`,
]
const database = (name: string) => [catalog, `arn:aws:glue:${here}:database/${name}`]
const workgroup = (name: string) => [`arn:aws:athena:${here}:workgroup/${name}`]
const crawler = (name: string) => [`arn:aws:glue:${here}:crawler/${name}`]
const topic = (name: string) => `arn:aws:sns:${here}:${name}`
const secretOf = (user: string) => [likeAws.ids[`${user}Password`]!]
const authority = [`arn:aws:ssm:${here}:parameter/ticklake/broker-authority`]
const instance = `arn:aws:ec2:${here}:instance/i-0123456789abcdef0`
const group = `arn:aws:autoscaling:${here}:autoScalingGroup:0123:autoScalingGroupName/ticklake-BrokerGroup-1A2B3C`
const ours = { 'aws:ResourceTag/ticklake:stack': 'ticklake' }
const volume = (id: string) => `arn:aws:ec2:${here}:volume/${id}`

type Calls = readonly (readonly [
  action: string,
  resources: readonly string[],
  context?: Record<string, string>,
])[]

/** The calls of each role, from the commands in the services' source, and calls that it must never be able to make. */
const lists: Record<string, { allowed: Calls; refused: Calls }> = {
  ProducerRole: {
    allowed: [
      ['secretsmanager:GetSecretValue', secretOf('Producer')],
      ['ssm:GetParameter', authority],
    ],
    refused: [
      ['secretsmanager:GetSecretValue', secretOf('Admin')],
      ['secretsmanager:GetSecretValue', secretOf('Consumer')],
      ['s3:PutObject', [tick]],
      ['s3:GetObject', [tick]],
      ['s3:ListBucket', [bucket]],
      ['ssm:PutParameter', authority],
      ['glue:GetTable', table('stock_market_kafka')],
      ['athena:StartQueryExecution', workgroup('ticklake')],
    ],
  },
  ConsumerRole: {
    allowed: [
      ...[
        tick,
        at(recordKey(lake, hour, range.topicId, 0, 7)),
        claim,
        dataset,
        at(deadKey(lake, range)),
        at(initialOffsetKey(lake, range.topicId, 0)),
        at(truncationKey(lake, range.topicId, 0)),
      ].map((key) => ['s3:PutObject', [key], ifNoneMatch] as const),
      ['s3:PutObject', [dataset], ifMatch],
      ['s3:GetObject', [claim]],
      // A HEAD of a missing key is evaluated like this: without a prefix.
      ['s3:ListBucket', [bucket]],
      ['s3:ListBucket', [bucket], { 's3:prefix': 'lake/_control/ticks/claims/' }],
      ['secretsmanager:GetSecretValue', secretOf('Consumer')],
    ],
    refused: [
      // Without the header a PUT would overwrite. A multipart upload and a copy are evaluated the same.
      ...[tick, claim, dataset, at(deadKey(lake, range)), at(truncationKey(lake, range.topicId, 0))].map(
        (key) => ['s3:PutObject', [key]] as const,
      ),
      // A condition that holds if the caller knows the current object: only for the dataset's contract.
      ...[tick, claim].map((key) => ['s3:PutObject', [key], ifMatch] as const),
      ...[compacted, result, probe, ...notes].map((key) => ['s3:PutObject', [key], ifNoneMatch] as const),
      ['s3:AbortMultipartUpload', [tick]],
      ['s3:DeleteObject', [tick]],
      ['s3:DeleteObject', [claim]],
      ['s3:DeleteObjectVersion', [tick]],
      ['s3:PutObject', [`${bucket}/elsewhere/x`], ifNoneMatch],
      ['s3:PutObject', [tick.replace(bucket, 'arn:aws:s3:::another')], ifNoneMatch],
      ['s3:PutBucketVersioning', [bucket]],
      ['s3:PutBucketPolicy', [bucket]],
      ['s3:PutLifecycleConfiguration', [bucket]],
      ['s3:DeleteBucket', [bucket]],
      ['glue:UpdateTable', table('stock_market_kafka')],
      ['athena:StartQueryExecution', workgroup('ticklake')],
      ['secretsmanager:GetSecretValue', secretOf('Admin')],
    ],
  },
  CatalogRole: {
    allowed: [
      ['athena:StartQueryExecution', workgroup('ticklake')],
      ['athena:GetQueryExecution', workgroup('ticklake')],
      ['athena:GetQueryResults', workgroup('ticklake')],
      ['athena:StopQueryExecution', workgroup('ticklake')],
      ['athena:GetWorkGroup', workgroup('ticklake')],
      ['glue:GetDatabase', database('stock_market_kafka')],
      ['glue:GetTable', table('stock_market_kafka')],
      ['glue:GetTables', table('stock_market_kafka_crawled')],
      ['glue:CreateTable', table('stock_market_kafka')],
      ['glue:UpdateTable', table('stock_market_kafka')],
      ['glue:GetPartitions', table('stock_market_kafka')],
      ['glue:BatchCreatePartition', table('stock_market_kafka')],
      ['glue:UpdatePartition', table('stock_market_kafka')],
      ['glue:GetPartitions', table('stock_market_kafka_crawled')],
      ['glue:StartCrawler', crawler('ticklake-ticks')],
      ['glue:GetCrawler', crawler('ticklake-ticks')],
      ['glue:GetCrawlerMetrics', ['*']],
      ['s3:GetObject', [tick]],
      ['s3:GetObject', [claim]],
      ['s3:ListBucket', [bucket]],
      ['s3:GetBucketLocation', [bucket]],
      ['s3:PutObject', [result]],
      ['s3:PutObject', [compacted]],
      ['s3:PutObject', [probe]],
      ['s3:PutObject', [`${bucket}/lake/_control/ticks/charts/closes-0123abcd.json`]],
      ['s3:PutObject', [`${bucket}/lake/_control/ticks/alerts/state.json`]],
      ...notes.map((key) => ['s3:PutObject', [key], ifNoneMatch] as const),
      ['s3:DeleteObject', [compacted]],
      ['s3:DeleteObject', [tick]],
    ],
    refused: [
      ['s3:PutObject', [tick]],
      ...notes.map((key) => ['s3:PutObject', [key]] as const),
      ...[tick, claim, dataset].flatMap((key) => [
        ['s3:PutObject', [key], ifNoneMatch] as const,
        ['s3:PutObject', [key], ifMatch] as const,
      ]),
      ...[
        result,
        claim,
        dataset,
        probe,
        ...notes,
        at(deadKey(lake, range)),
        // Looks like an hour, but belongs to no table.
        `${bucket}/lake/_control/ticks/dt=2026-01-01/hour=00/x`,
        `${bucket}/lake/ticks/dt=x/hour=00/x`,
        `${bucket}/lake/_compacted/ticks/notes.json`,
      ].map((key) => ['s3:DeleteObject', [key]] as const),
      // Deleted objects can be restored.
      ...[tick, claim, compacted].map((key) => ['s3:DeleteObjectVersion', [key]] as const),
      ['s3:PutBucketVersioning', [bucket]],
      ['s3:PutLifecycleConfiguration', [bucket]],
      ['glue:DeleteTable', table('stock_market_kafka')],
      ['glue:DeleteDatabase', database('stock_market_kafka')],
      ['glue:DeletePartition', table('stock_market_kafka')],
      ['glue:GetTable', table('another')],
      ['glue:CreateTable', table('stock_market_kafka_crawled')],
      ['glue:CreateCrawler', crawler('ticklake-ticks')],
      ['glue:UpdateCrawler', crawler('ticklake-ticks')],
      ['glue:StartCrawler', crawler('another')],
      ['athena:StartQueryExecution', workgroup('primary')],
      ['athena:UpdateWorkGroup', workgroup('ticklake')],
      ['iam:PassRole', ['arn:aws:iam::123456789012:role/any']],
      ['secretsmanager:GetSecretValue', secretOf('Admin')],
      ['sns:Publish', [topic('prices')]],
    ],
  },
  CrawlerRole: {
    allowed: [
      ['s3:GetObject', [tick]],
      ['s3:ListBucket', [bucket]],
      ['glue:GetDatabase', database('stock_market_kafka_crawled')],
      ['glue:CreateTable', table('stock_market_kafka_crawled')],
      ['glue:UpdateTable', table('stock_market_kafka_crawled')],
      ['glue:BatchCreatePartition', table('stock_market_kafka_crawled')],
      ['logs:PutLogEvents', [`arn:aws:logs:${here}:log-group:/aws-glue/crawlers:log-stream:ticklake-ticks`]],
    ],
    refused: [
      ['s3:GetObject', [claim]],
      ['s3:GetObject', [result]],
      ['s3:PutObject', [tick]],
      ['s3:DeleteObject', [tick]],
      ['glue:UpdateTable', table('stock_market_kafka')],
      ['glue:DeleteTable', table('stock_market_kafka_crawled')],
      ['logs:PutLogEvents', [`arn:aws:logs:${here}:log-group:another:log-stream:x`]],
    ],
  },
  BrokerRole: {
    allowed: [
      ['ec2:AttachVolume', [volume('vol-0123456789abcdef0')]],
      ['ec2:AttachVolume', [instance], ours],
      ['ec2:AssociateAddress', [`arn:aws:ec2:${here}:elastic-ip/eipalloc-0123456789abcdef0`]],
      ['ec2:AssociateAddress', [instance], ours],
      ...['Admin', 'Producer', 'Consumer', 'Catalog'].map(
        (user) => ['secretsmanager:GetSecretValue', secretOf(user)] as const,
      ),
      ['ssm:PutParameter', authority],
      ['autoscaling:SetInstanceHealth', [group], ours],
      ['ssm:UpdateInstanceInformation', [instance]],
      ['ssmmessages:OpenControlChannel', ['*']],
    ],
    refused: [
      ['ec2:AttachVolume', [volume('vol-another')]],
      ['ec2:AttachVolume', [instance], { 'aws:ResourceTag/ticklake:stack': 'another' }],
      ['ec2:AssociateAddress', [`arn:aws:ec2:${here}:elastic-ip/eipalloc-another`]],
      ['ec2:DetachVolume', [volume('vol-0123456789abcdef0')]],
      ['ec2:TerminateInstances', [instance], ours],
      ['autoscaling:SetInstanceHealth', [group], { 'aws:ResourceTag/ticklake:stack': 'another' }],
      ['autoscaling:SetDesiredCapacity', [group], ours],
      ['autoscaling:DeleteAutoScalingGroup', [group], ours],
      ['ssm:GetParameter', [`arn:aws:ssm:${here}:parameter/someone/else`]],
      ['ssm:PutParameter', [`arn:aws:ssm:${here}:parameter/someone/else`]],
      ['ssm:SendCommand', [instance]],
      ['secretsmanager:GetSecretValue', [`arn:aws:secretsmanager:${here}:secret:another-AbCdEf`]],
      ['secretsmanager:PutSecretValue', secretOf('Admin')],
      ['s3:GetObject', [tick]],
    ],
  },
}

interface Role {
  readonly AssumeRolePolicyDocument: {
    Statement: { Principal: Record<string, string>; Condition?: unknown }[]
  }
  readonly Policies: { PolicyDocument: Policy }[]
  readonly ManagedPolicyArns?: unknown
}
const roleOf = (name: string) => resources[name]?.Properties as unknown as Role
const roles = Object.keys(resources).filter((name) => resources[name]!.Type === 'AWS::IAM::Role')

test('every role of the stack has its list', () => {
  expect(Object.keys(lists).sort()).toEqual(roles.sort())
})

test('the catalog may publish to the topics that were named for its alerts, and to no other', () => {
  const AlertTopicArns = [topic('prices'), topic('ops')].join()
  const there = resolveTemplate(makeTemplate(), {
    ...likeAws,
    parameters: { ...likeAws.parameters, AlertTopicArns },
  })
  const { Policies } = there.resources.CatalogRole!.Properties as unknown as Role
  const policies = Policies.map(({ PolicyDocument }) => PolicyDocument)
  const may = (name: string) => allows(policies, { action: 'sns:Publish', resources: [topic(name)] })
  expect(['prices', 'ops', 'another'].map(may)).toEqual([true, true, false])
})

test('no role carries a policy that others write', () => {
  for (const name of roles) expect(roleOf(name).ManagedPolicyArns).toBeUndefined()
})

test.each([
  ['BrokerRole', [{ Service: 'ec2.amazonaws.com' }]],
  ['CrawlerRole', [{ Service: 'glue.amazonaws.com' }]],
  ['ConsumerRole', [{ AWS: 'arn:aws:iam::123456789012:root' }, { Service: 'ec2.amazonaws.com' }]],
])('%s can be taken over by those named and no one else', (name, principals) => {
  expect(roleOf(name).AssumeRolePolicyDocument.Statement.map(({ Principal }) => Principal)).toEqual(
    principals,
  )
})

const when = (context: object) => (Object.keys(context).length > 0 ? ` when ${JSON.stringify(context)}` : '')

for (const [name, { allowed, refused }] of Object.entries(lists)) {
  const policies = roleOf(name).Policies.map(({ PolicyDocument }) => PolicyDocument)
  describe(name, () => {
    for (const [action, on, context = {}] of allowed) {
      test(`may ${action} on ${on.join(' and ')}${when(context)}`, () => {
        expect(allows(policies, { action, resources: on, context })).toBe(true)
      })
    }
    for (const [action, on, context = {}] of refused) {
      test(`may not ${action} on ${on.join(' and ')}${when(context)}`, () => {
        expect(allows(policies, { action, resources: on, context })).toBe(false)
      })
    }
  })
}
