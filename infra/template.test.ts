import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { catalogConfig } from '@ticklake/catalog/config.ts'
import { crawlerRequest } from '@ticklake/catalog/tables/crawler.ts'
import { expect, test } from 'vitest'
import { envAws } from './env-aws.ts'
import { OLD_VERSIONS_DAYS } from './prices.ts'
import { likeAws, resolveTemplate, userData } from './resolved-template.ts'
import { MAX_TEMPLATE_BYTES, MAX_USER_DATA_BYTES, makeTemplate } from './template.ts'

const template = makeTemplate()
const { resources, outputs } = resolveTemplate(template, likeAws)
const properties = (name: string) => resources[name]!.Properties as Record<string, unknown>

test('the template and the user data fit what AWS takes, with room for longer names', () => {
  expect(Buffer.byteLength(JSON.stringify(template))).toBeLessThan(MAX_TEMPLATE_BYTES)
  expect(Buffer.byteLength(userData(resolveTemplate(template, likeAws)))).toBeLessThan(
    MAX_USER_DATA_BYTES - 512,
  )
})

test.each(['broker-boot.sh', 'broker-health.sh'])(
  'the user data carries %s, every line of it but the comments',
  (name) => {
    const script = readFileSync(join(import.meta.dirname, name), 'utf8')
    const lines = script.split('\n').filter((line) => !/^ *#(?!!)/.test(line))
    expect(userData(resolveTemplate(template, likeAws))).toContain(lines.join('\n'))
  },
)

test('the user data carries no password, only the names of the secrets', () => {
  const settings = userData(resolveTemplate(template, likeAws)).split("<<'SCRIPT'")[0]
  expect(settings).toContain(`PASSWORD_SECRETS='admin=${likeAws.ids.AdminPassword} `)
  expect(settings).not.toMatch(/password=[^"$]/)
})

test.each([
  '0.0.0.0/0',
  '0.0.0.0/1',
  '8.0.0.0/8',
  '1.2.3.4',
  '10.0.0.0/15',
  '10.0.0.0/33',
  '::/0',
  '1.2.3.4/32 ',
])('the firewall cannot be opened to %s', (range) => {
  expect(range).not.toMatch(new RegExp(template.Parameters.ClientCidr!.AllowedPattern!))
})

test.each(['203.0.113.7/32', '10.42.0.0/24', '192.168.0.0/16'])('it can be opened to %s', (range) => {
  expect(range).toMatch(new RegExp(template.Parameters.ClientCidr!.AllowedPattern!))
})

test('the firewall admits the port of the broker from the given range, and nothing else', () => {
  expect(properties('Firewall').SecurityGroupIngress).toEqual([
    expect.objectContaining({ IpProtocol: 'tcp', FromPort: 9093, ToPort: 9093, CidrIp: '203.0.113.7/32' }),
  ])
  const text = JSON.stringify(template.Resources)
  expect(text).not.toContain('KeyName')
  expect(text).not.toContain('"FromPort":22')
})

test.each([
  ['us-east-1', 'ec2-203-0-113-200.compute-1.amazonaws.com'],
  ['eu-central-1', 'ec2-203-0-113-200.eu-central-1.compute.amazonaws.com'],
])('in %s the broker gets the name that clients use', (region, host) => {
  const there = resolveTemplate(template, { ...likeAws, region })
  expect(there.outputs.BootstrapServers).toBe(`${host}:9093`)
  expect(userData(there)).toContain(`BROKER_HOST='${host}'`)
})

test.each([
  ['t3.micro', 'x86_64'],
  ['t4g.micro', 'arm64'],
])('an instance of type %s starts from an image for %s', (InstanceType, architecture) => {
  const there = resolveTemplate(template, { ...likeAws, parameters: { ...likeAws.parameters, InstanceType } })
  const data = there.resources.BrokerTemplate?.Properties?.LaunchTemplateData as { ImageId: string }
  expect(data.ImageId).toMatch(new RegExp(`/al2023-ami-kernel-default-${architecture}$`))
})

test('instance metadata is answered by version 2 only, and only on the instance itself', () => {
  const data = properties('BrokerTemplate').LaunchTemplateData as { MetadataOptions: object }
  expect(data.MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 })
})

test('every disk is encrypted, and the one with the log is not the instance’s own', () => {
  const data = properties('BrokerTemplate').LaunchTemplateData as { BlockDeviceMappings: { Ebs: object }[] }
  expect(data.BlockDeviceMappings.map((mapping) => mapping.Ebs)).toEqual([
    expect.objectContaining({ Encrypted: true }),
  ])
  expect(resources.Volume).toMatchObject({
    UpdateReplacePolicy: 'Snapshot',
    Properties: { Encrypted: true },
  })
})

test('the life cycle touches results of queries, old versions and abandoned uploads, never current data or claims', () => {
  const { Rules } = properties('Bucket').LifecycleConfiguration as { Rules: Record<string, unknown>[] }
  for (const rule of Rules) {
    const deletes = Object.keys(rule).filter((key) => /Expir|Transition/.test(key))
    const current = deletes.filter(
      (key) => !['NoncurrentVersionExpiration', 'ExpiredObjectDeleteMarker'].includes(key),
    )
    if (current.length > 0) expect(rule).toMatchObject({ Prefix: 'lake/_athena/', ExpirationInDays: 7 })
    else if (deletes.length === 0)
      expect(Object.keys(rule).sort()).toEqual(['AbortIncompleteMultipartUpload', 'Id', 'Status'])
  }
})

test('what is deleted or overwritten can be had back for the days that `plan` and the docs say', () => {
  expect(properties('Bucket').VersioningConfiguration).toEqual({ Status: 'Enabled' })
  const { Rules } = properties('Bucket').LifecycleConfiguration as { Rules: Record<string, unknown>[] }
  const elsewhere = Rules.filter((rule) => rule.NoncurrentVersionExpiration && !rule.Prefix)
  expect(elsewhere).toEqual([
    {
      Id: 'old-versions',
      Status: 'Enabled',
      NoncurrentVersionExpiration: { NoncurrentDays: OLD_VERSIONS_DAYS },
      ExpiredObjectDeleteMarker: true,
    },
  ])
})

test('the bucket outlives the stack, with the rule that it is asked by TLS only', () => {
  for (const name of ['Bucket', 'BucketRules']) {
    expect(resources[name]).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    })
  }
})

test('the workgroup forces its place for results and its limit on every query', () => {
  expect(properties('Workgroup').WorkGroupConfiguration).toMatchObject({
    EnforceWorkGroupConfiguration: true,
    BytesScannedCutoffPerQuery: '10737418240',
    ResultConfiguration: { OutputLocation: `s3://${likeAws.ids.Bucket}/lake/_athena/` },
  })
})

test('a broker that is gone is seen by the group, after the time of a boot, and raises an alarm', () => {
  const { HealthCheckGracePeriod, MetricsCollection } = properties('BrokerGroup')
  expect(HealthCheckGracePeriod).toBe(20 * 60)
  const { MetricName, Dimensions, TreatMissingData, AlarmActions } = properties('BrokerAlarm')
  expect(MetricsCollection).toEqual([{ Granularity: '1Minute', Metrics: [MetricName] }])
  expect(Dimensions).toEqual([{ Name: 'AutoScalingGroupName', Value: '<BrokerGroup>' }])
  expect(TreatMissingData).toBe('breaching')
  expect(AlarmActions).toBeUndefined()
})

test('the alarm goes by e-mail where an address is given', () => {
  const AlarmEmail = 'someone@example.org'
  const there = resolveTemplate(template, { ...likeAws, parameters: { ...likeAws.parameters, AlarmEmail } })
  expect(there.resources.AlarmTopic?.Properties?.Subscription).toEqual([
    { Protocol: 'email', Endpoint: AlarmEmail },
  ])
  expect(there.resources.BrokerAlarm?.Properties).toMatchObject({
    AlarmActions: ['<AlarmTopic>'],
    OKActions: ['<AlarmTopic>'],
  })
})

test('the crawler runs by itself only when a schedule is given', () => {
  expect(properties('Crawler')).not.toHaveProperty('Schedule')
  const CrawlerSchedule = 'cron(0 3 * * ? *)'
  const there = resolveTemplate(template, {
    ...likeAws,
    parameters: { ...likeAws.parameters, CrawlerSchedule },
  })
  expect(there.resources.Crawler?.Properties?.Schedule).toEqual({ ScheduleExpression: CrawlerSchedule })
})

test('the crawler is the one that `catalog crawl` wants, so that it finds nothing to change', () => {
  const config = catalogConfig(
    parseEnv(envAws(outputs, { ...likeAws, folder: '/secrets', profile: undefined })),
  )
  const { Name, DatabaseName, Targets, SchemaChangePolicy, Configuration } = crawlerRequest(config)
  expect(outputs.CrawlerName).toBe(Name)
  expect(properties('Crawler')).toMatchObject({
    Name,
    DatabaseName,
    Targets: { S3Targets: [{ Path: Targets?.S3Targets?.[0]?.Path }] },
    SchemaChangePolicy,
    Configuration,
  })
})

test('no output is a secret', () => {
  expect(Object.values(outputs).join(' ')).not.toMatch(/resolve:secretsmanager|BEGIN/)
})
