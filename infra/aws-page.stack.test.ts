// Runs the commands of docs/aws.md against a local CloudFormation, Parameter Store, STS and EC2: all except what needs
// the broker (e2e/aws.e2e.test.ts) or its instance (broker-boot.e2e.test.ts).
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import type { Ended } from '@ticklake/stack/outcome.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { awsPage, commandsOf, notRun, Share } from '../tools/docs/aws-page.ts'
import { ProjectCopy } from '../tools/docs/project-copy.ts'
import { CloudFormation } from './cloudformation.ts'
import { deleteWithData } from './lake-bucket.ts'
import { withoutAddressAndVolume } from './local-template.ts'
import { makeTemplate, templateYaml } from './template.ts'

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
const page = new Share('infra/aws-page.stack.test.ts')
const setProfile = page.take(/^export /)
let copy: ProjectCopy
let env: Record<string, string>

beforeAll(() => {
  const { AWS_ENDPOINT_URL, PATH, TZ } = testEnv()
  copy = new ProjectCopy()
  const home = join(copy.dir, '.local/home')
  mkdirSync(home)
  // Keys, profile and region come from the page's commands; only the endpoint is not AWS's.
  env = {
    PATH: PATH!,
    HOME: home,
    TZ: TZ!,
    AWS_ENDPOINT_URL: AWS_ENDPOINT_URL!,
    AWS_EC2_METADATA_DISABLED: 'true',
    // On ports where nothing of `make up` answers, even if it runs on this machine.
    TICKLAKE_AWS_PORT: '1',
    NODE_OPTIONS: `--import=${join(copy.dir, 'facts.mjs')}`,
  }
  writeFileSync(join(copy.dir, 'facts.mjs'), factsOfTheInternet)
  const template = withoutAddressAndVolume(makeTemplate())
  // No instance boots that would write it, so the test does.
  template.Resources.Authority!.Properties!.Value = certificate
  rmSync(join(copy.dir, 'infra/template'), { recursive: true })
  mkdirSync(join(copy.dir, 'infra/template'))
  writeFileSync(join(copy.dir, 'infra/template/local.yaml'), templateYaml(template))
}, 600_000)

afterAll(async () => {
  const cloud = new CloudFormation('ticklake')
  if (await cloud.state()) {
    const { Bucket } = await cloud.resources()
    await cloud.delete(new AbortController().signal, () => {})
    if (Bucket) await deleteWithData(Bucket)
  }
  copy?.[Symbol.dispose]()
})

/** Requests of `deploy` to the internet are answered here, and recorded. */
const factsOfTheInternet = `
import { appendFileSync } from 'node:fs'
const real = globalThis.fetch
globalThis.fetch = async (url, init) => {
  if (!String(url).startsWith('https://')) return real(url, init)
  appendFileSync(new URL('./asked', import.meta.url), url + '\\n')
  return new Response('203.0.113.7\\n')
}`

/** Runs a command; `answers` go to its questions on the terminal. */
async function type(command: string, answers?: string): Promise<Ended> {
  const typed = answers === undefined ? command : `script -qec ${quoted(command)} /dev/null`
  return copy.run(`${setProfile}\n${typed}`, env, { input: answers ?? '' })
}

async function succeed(command: string, answers?: string): Promise<string> {
  const { status, output } = await type(command, answers)
  expect(status, `${command}\n${output}`).toBe(0)
  return output
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
const envFile = () => join(copy.dir, '.env.aws')

test('credentials', async () => {
  const keys = 'test\ntest\nus-east-1\n\n'
  const asked = await copy.run(page.take(/^aws configure --profile/), env, { input: keys })
  expect(asked.status, asked.output).toBe(0)
  expect(await succeed(page.take(/^aws sts /))).toMatch(/"Account": "\d{12}"/)
})

test('what would be created is printed before anything is', async () => {
  expect(await succeed(page.take(/^make aws-plan$/))).toMatch(/ 0\.72 {2}in all, idle/)
  const { Resources } = parse(await succeed(page.take(/^node .* template$/)))
  expect(Resources).toHaveProperty('BrokerGroup')
  const help = await succeed(page.take(/^node .* deploy --help$/))
  for (const [, flag] of awsPage.matchAll(/`(--[a-z0-9-]+)/g)) expect(help).toMatch(new RegExp(`${flag}[ ,]`))
  expect(existsSync(join(copy.dir, 'asked')), 'asked the internet').toBe(false)
})

test('deploy, which asks first, and what it leaves', async () => {
  const said = await succeed(page.take(/^make aws-deploy$/), 'y\n')
  expect(said).toContain('the broker will admit 203.0.113.7/32 and no one else')
  expect(said).toMatch(/apply \d+ changes in us-east-1\?/)
  expect(said.trim().split('\n').at(-1)).toMatch(/^wrote \S+\/\.env\.aws and /)
  expect(parseEnv(readFileSync(envFile(), 'utf8'))).toMatchObject({ AWS_PROFILE: 'me' })
  expect(readdirSync(join(copy.dir, '.local/aws/ticklake')).sort()).toEqual([
    'admin.password',
    'ca.pem',
    'catalog.password',
    'consumer.password',
    'producer.password',
  ])
  expect(await succeed(page.take(/^aws ssm get-parameter /))).toBe(`${certificate}\n`)
})

test('deploy again with flags changes the firewall and the instance’s type', async () => {
  const said = await succeed(page.take(/^make aws-deploy ARGS=/))
  expect(said).toContain('until now 203.0.113.7/32')
  const { parameters } = (await new CloudFormation('ticklake').state())!
  expect(parameters).toMatchObject({ ClientCidr: '203.0.113.0/24', InstanceType: 't3.micro' })
})

test('outputs writes .env.aws again and prints a profile for each role', async () => {
  rmSync(envFile())
  const printed = await succeed(page.take(/^node .* outputs$/))
  expect(printed.match(/^\[profile ticklake-\w+\]\nrole_arn = arn:.*\nsource_profile = me$/gm)).toHaveLength(
    3,
  )
  expect(existsSync(envFile())).toBe(true)
})

test('the instance is found by the tag that the group gives it', async () => {
  const { Tags } = makeTemplate().Resources.BrokerGroup!.Properties as { Tags: { Key: string }[] }
  expect(Tags.map(({ Key }) => Key)).toContain('ticklake:stack')
  // The local group starts no instance, so the test starts one as the group would.
  const started = await succeed(
    'aws ec2 run-instances --image-id ami-12345678 --tag-specifications ' +
      "'ResourceType=instance,Tags=[{Key=ticklake:stack,Value=ticklake}]' --query 'Instances[].InstanceId' --output text",
  )
  expect(await succeed(page.take(/^aws ec2 /))).toBe(started)
  await succeed(`aws ec2 terminate-instances --instance-ids ${started}`)
})

test('destroy', async () => {
  const bucket = () => parseEnv(readFileSync(envFile(), 'utf8')).LAKE_BUCKET!
  const s3 = s3Client({ s3PathStyle: true })
  const fill = () =>
    s3.send(new PutObjectCommand({ Bucket: bucket(), Key: 'lake/ticks/x.parquet', Body: 'x' }))
  await fill()
  expect((await type(page.take(/^make aws-destroy$/), 'y\n')).output).toContain('DATA_UNDECIDED')
  const kept = bucket()
  expect(await succeed(page.take(/DATA=keep$/), 'y\n')).toContain(`ticklake is gone; kept: s3://${kept}`)
  expect(existsSync(envFile())).toBe(false)
  await deleteWithData(kept)

  const deploy = commandsOf(awsPage).find((command) => command.startsWith('make aws-deploy ARGS='))!
  await succeed(deploy)
  expect(bucket()).not.toBe(kept)
  await fill()
  expect(await succeed(page.take(/DATA=delete$/), 'y\n')).toContain('nothing is left')
  expect(await new CloudFormation('ticklake').state()).toBeUndefined()
})

test('what is only looked at: it is a command, with these flags', async () => {
  await succeed(page.take(/^make stack-down$/))
  const listed = commandsOf(awsPage).filter((command) => notRun.some(({ form }) => form.test(command)))
  const sessions = listed.filter((command) => command.startsWith('aws ssm '))
  for (const command of new Set(sessions.map((each) => each.replace(/<instance>|i-\.\.\.$/, 'i-0')))) {
    expect(JSON.parse(await succeed(`${command} --generate-cli-skeleton`))).toHaveProperty('Target')
  }
  const asked = readFileSync(join(copy.dir, 'asked'), 'utf8').split('\n')
  for (const command of listed.filter((each) => each.startsWith('curl '))) {
    expect(asked).toContain(command.split(' ')[1])
  }
})

test('no command of this share is left', () => {
  expect(page.left).toEqual([])
})
