// The AWS override with the same images: a broker with SASL_SSL on another network, and an endpoint named like AWS's.
// The commands of docs/aws.md against the broker are run here, in a copy of the project whose .env.aws is ours.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envAws } from '@ticklake/infra/env-aws.ts'
import { Network, type StartedNetwork, type StartedTestContainer } from 'testcontainers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePortNumbers } from '../stack/ports.ts'
import { Share } from '../tools/docs/aws-page.ts'
import { ProjectCopy } from '../tools/docs/project-copy.ts'
import { ComposeProject, run } from './compose-project.ts'
import { brokerName, startSecureBroker, write } from './secure-broker.ts'

const services = ['producer', 'consumer', 'catalog'] as const
const bucket = 'ticklake-elsewhere'
const name = 'ticklake-e2e-aws'
const page = new Share('e2e/aws.e2e.test.ts')
let dir: string
let copy: ProjectCopy
let network: StartedNetwork
let broker: StartedTestContainer
/** Stands for AWS: the services see only its endpoint. */
let cloud: ComposeProject
let here: ComposeProject
/** The shell in which the commands run: on AWS it would not need to know the endpoint. */
let shell: Record<string, string>

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ticklake-e2e-'))
  copy = new ProjectCopy()
  const secrets = join(copy.dir, '.local/aws/ticklake')
  network = await new Network().start()
  broker = await startSecureBroker(network, secrets)

  const [kafka, aws, cloudPage, herePage, none] = await freePortNumbers(5)
  await run('docker', ['compose', '--env-file', '/dev/null', 'build', ...services])
  cloud = new ComposeProject({
    name: 'ticklake-e2e-cloud',
    files: ['docker-compose.yml'],
    settings: {
      TICKLAKE_KAFKA_PORT: String(kafka),
      TICKLAKE_AWS_PORT: String(aws),
      TICKLAKE_PAGE_PORT: String(cloudPage),
      LAKE_BUCKET: bucket,
      LOCAL_AWS_ALLOWED_HOSTS: 'aws.test',
    },
    services: ['local-aws'],
  })
  await cloud.clear()
  await cloud.up()
  await cloud.compose('run', '--rm', 'bucket')
  const [endpoint] = await cloud.inspect('local-aws')
  await run('docker', [
    'network',
    'connect',
    '--alias',
    'aws.test',
    network.getName(),
    endpoint!.Name.slice(1),
  ])

  const profile = join(dir, 'aws')
  mkdirSync(profile)
  write(join(profile, 'config'), '[profile lake]\nregion = us-east-1\n')
  write(join(profile, 'credentials'), '[lake]\naws_access_key_id = test\naws_secret_access_key = test\n')
  for (const folder of [dir, profile, copy.dir]) chmodSync(folder, 0o755)
  const envFile = join(copy.dir, '.env.aws')
  const outputs = { BootstrapServers: `${brokerName}:9094`, BucketName: bucket }
  write(
    envFile,
    [
      envAws(outputs, { stack: 'ticklake', region: 'us-east-1', folder: secrets, profile: 'lake' }),
      `TICKLAKE_AWS_CONFIG_DIR=${profile}`,
      `TICKLAKE_TEST_NETWORK=${network.getName()}`,
      `TICKLAKE_PAGE_PORT=${herePage}`,
      'CONSUMER_FLUSH_AFTER_MS=1000',
      'CATALOG_REGISTER_EVERY_MS=1000',
      '',
    ].join('\n'),
  )
  // Beside any running `make aws` of the machine, with the endpoint and the network of the test.
  copy.replace('compose.aws.sh', '-p ticklake-aws ', `-p ${name} `)
  copy.replace('compose.aws.sh', '-f compose.aws.yml', '-f compose.aws.yml -f e2e/elsewhere.yml')
  shell = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${aws}`,
    LAKE_S3_PATH_STYLE: 'true',
    AWS_CONFIG_FILE: join(profile, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(profile, 'credentials'),
    // On a port where no `make up` answers, since that would be used before .env.aws.
    TICKLAKE_AWS_PORT: String(none),
  }
  here = new ComposeProject({
    name,
    files: ['docker-compose.yml', 'compose.aws.yml', 'e2e/elsewhere.yml'],
    settings: {},
    envFile,
  })
  await type(page.take(/^make aws$/))
})

afterAll(async () => {
  await here?.compose('down', '--volumes')
  await broker?.stop()
  await cloud?.down({ retainData: false })
  await network?.stop()
  copy?.[Symbol.dispose]()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

/** Runs a command in the copy; on this machine the broker's name resolves to it, as a public name would. */
async function type(command: string): Promise<string> {
  const hosts = join(dir, 'hosts')
  write(
    hosts,
    `${readFileSync('/etc/hosts', 'utf8')}\n${broker.getIpAddress(network.getName())} ${brokerName}\n`,
  )
  const mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
  const within = ownNames ? [...ownNames, 'sh', '-c', mount, hosts] : []
  const { status, output } = await copy.run(command, shell, { within })
  expect(status, `${command}\n${output}`).toBe(0)
  return output
}

const isRoot = process.getuid?.() === 0
/** Gives a command its own /etc/hosts; undefined if that is not possible. */
const ownNames = [['unshare', ...(isRoot ? [] : ['-r']), '-m']].find(
  ([unshare, ...flags]) =>
    spawnSync(unshare!, [...flags, 'mount', '--bind', '/etc/hosts', '/etc/hosts']).status === 0,
)

test('only the three services start, and no local server', async () => {
  const running = (await here.compose('ps', '-a', '--services')).trim().split('\n').sort()
  expect(running).toEqual(['catalog', 'consumer', 'producer'])
})

test('the images are the very same as on the laptop', async () => {
  for (const service of services) {
    const [container] = await here.inspect(service)
    const id = (
      await run('docker', ['image', 'inspect', '--format', '{{.Id}}', `ticklake-${service}`])
    ).trim()
    expect(container!.Image, service).toBe(id)
  }
})

test('the services see one network, that of the broker and the endpoint', async () => {
  for (const service of services) {
    const [container] = await here.inspect(service)
    expect(Object.keys(container!.NetworkSettings.Networks), service).toEqual([network.getName()])
  }
})

test.skipIf(!ownNames)(
  'what the page has typed on this machine finds the broker, the rows and the table',
  async () => {
    const agreed = await type(page.take(/openssl/))
    expect(agreed).toContain('Verify return code: 0 (ok)')
    expect(await type(page.take(/^make doctor$/))).toContain(`${brokerName}:9094`)
    const question = page.take(/^make query SQL='SELECT/)
    const count = async () => Number(/^\W*(\d+)\W*$/m.exec(await type(question))?.[1])
    const before = await here.countAbove(0)
    expect(await count()).toBeGreaterThan(before)
    expect(await type(page.take(/SQL='\.\.\.'$/).replace('...', 'SELECT 40 + 2'))).toContain('42')
    expect(await type(page.take(/^make audit$/))).toMatch(/lost 0, twice 0/)
    expect(await type(page.take(/^make crawl$/))).toMatch(/equal/)
  },
)

test('Kafka’s console tools are admitted with the file that the page has written', async () => {
  await run('mkdir', ['-p', join(dir, 'bin')])
  const tool = join(dir, 'bin/kafka-topics.sh')
  // The image's own tool, which this machine does not have.
  const image = ['--entrypoint', '/opt/kafka/bin/kafka-topics.sh', 'apache/kafka:4.3.1'].join(' ')
  const mounted = `--network ${network.getName()} -v "$PWD:/copy" -w /copy --user 0`
  write(tool, `#!/bin/sh\nexec docker run --rm ${mounted} ${image} "$@"\n`)
  chmodSync(tool, 0o755)
  const listed = await type(
    `export PATH=${join(dir, 'bin')}:$PATH\n${page.take(/^cat >/)}\n${page.take(/; kafka-topics/)}`,
  )
  expect(listed.split('\n')).toEqual(expect.arrayContaining(['stock-ticks', 'stock-ticks-dead-letters']))
})

test('rows flow by SASL_SSL into the lake, and none is lost or duplicated', async () => {
  await here.countAbove(await here.countAbove(0))
  const audit = await here.auditWhenLanded()
  expect(audit.landed).toBeGreaterThan(0)
  expect(audit).toMatchObject({ lost: 0, twice: 0 })
})

test('no password and no key is in the environment of a container, nor in what compose shows', async () => {
  for (const service of services) {
    const [container] = await here.inspect(service)
    expect(container!.Config.Env.join('\n'), service).not.toMatch(/-password$|ACCESS_KEY/m)
  }
  expect(await here.compose('config')).not.toMatch(/-password\b(?!:)|ACCESS_KEY/)
})

test('`make aws-down` stops the services, and no command of this share is left', async () => {
  await type(page.take(/^make aws-down$/))
  expect((await here.compose('ps', '-a', '--services')).trim()).toBe('')
  expect(ownNames ? page.left : []).toEqual([])
})
