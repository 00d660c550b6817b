// The AWS override with the very same images: a broker by SASL_SSL on another network, and an endpoint by name as AWS.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Network, type StartedNetwork, type StartedTestContainer } from 'testcontainers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ComposeProject, freePorts, run } from './compose-project.ts'
import { brokerName, startSecureBroker, write } from './secure-broker.ts'

const services = ['producer', 'consumer', 'catalog'] as const
const bucket = 'ticklake-elsewhere'
let dir: string
let network: StartedNetwork
let broker: StartedTestContainer
/** Stands for AWS: nothing of it but its endpoint is seen by the services. */
let cloud: ComposeProject
let here: ComposeProject

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ticklake-e2e-'))
  network = await new Network().start()
  broker = await startSecureBroker(network, join(dir, 'secrets'))

  const [kafka, aws, page] = await freePorts(3)
  cloud = new ComposeProject({
    name: 'ticklake-e2e-cloud',
    files: ['docker-compose.yml'],
    settings: {
      TICKLAKE_KAFKA_PORT: String(kafka),
      TICKLAKE_AWS_PORT: String(aws),
      TICKLAKE_PAGE_PORT: String(page),
      LAKE_BUCKET: bucket,
    },
    services: ['local-aws'],
  })
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

  mkdirSync(join(dir, 'aws'))
  write(join(dir, 'aws/config'), '[profile lake]\nregion = us-east-1\n')
  write(join(dir, 'aws/credentials'), '[lake]\naws_access_key_id = test\naws_secret_access_key = test\n')
  for (const folder of [dir, join(dir, 'aws')]) chmodSync(folder, 0o755)
  write(
    join(dir, '.env.aws'),
    [
      `KAFKA_BOOTSTRAP_SERVERS=${brokerName}:9094`,
      `LAKE_BUCKET=${bucket}`,
      'AWS_PROFILE=lake',
      `TICKLAKE_SECRETS_DIR=${dir}/secrets`,
      `TICKLAKE_AWS_CONFIG_DIR=${dir}/aws`,
      `TICKLAKE_TEST_NETWORK=${network.getName()}`,
      `TICKLAKE_PAGE_PORT=${page}`,
      'CONSUMER_FLUSH_AFTER_MS=1000',
      'CATALOG_REGISTER_EVERY_MS=1000',
      '',
    ].join('\n'),
  )
  await run('docker', ['compose', '--env-file', '/dev/null', 'build', ...services])
  here = new ComposeProject({
    name: 'ticklake-e2e-aws',
    files: ['docker-compose.yml', 'compose.aws.yml', 'e2e/elsewhere.yml'],
    settings: {},
    envFile: join(dir, '.env.aws'),
    build: false,
  })
  await here.compose('run', '--rm', '--no-deps', 'catalog', 'node', 'catalog/main.ts', 'declare')
  await here.up()
})

afterAll(async () => {
  await here?.down({ keepData: false })
  await broker?.stop()
  await cloud?.down({ keepData: false })
  await network?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

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

test('`doctor`, which `make aws` runs first, finds nothing wrong from where the services are', async () => {
  const said = await here.compose('run', '--rm', '--no-deps', 'catalog', 'node', 'catalog/main.ts', 'doctor')
  expect(said).toContain(`${brokerName}:9094`)
})

test('rows flow by SASL_SSL into the lake, and none is lost or there twice', async () => {
  await here.countAbove(await here.countAbove(0))
  const audit = await here.settled()
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
