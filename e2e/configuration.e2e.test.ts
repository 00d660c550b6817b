// The rendered compose files for each way of starting; no container runs here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectDir, run } from './compose-project.ts'

interface Rendered {
  readonly services: Record<
    string,
    {
      readonly image: string
      readonly command?: readonly string[]
      readonly mem_limit?: string
      readonly read_only?: boolean
      readonly cap_drop?: readonly string[]
      readonly cap_add?: readonly string[]
      readonly security_opt?: readonly string[]
      readonly network_mode?: string
      readonly volumes?: readonly { readonly source: string }[]
      readonly environment?: Record<string, string>
      readonly networks?: Record<string, unknown>
      readonly ports?: readonly { readonly host_ip?: string; readonly published: string }[]
      readonly depends_on?: Record<string, unknown>
    }
  >
  readonly networks: Record<string, { readonly internal?: boolean }>
}

async function render(files: readonly string[], settings: Record<string, string> = {}): Promise<Rendered> {
  const args = ['compose', '--env-file', '/dev/null', ...files.flatMap((file) => ['-f', file])]
  return JSON.parse(await run('docker', [...args, 'config', '--format', 'json'], settings)) as Rendered
}

const local = ['docker-compose.yml']
const aws = [...local, 'compose.aws.yml']
const localstack = [...local, 'compose.localstack.yml']

test('every port is published on 127.0.0.1 only', async () => {
  for (const rendered of [
    await render(local),
    await render(localstack, { LOCALSTACK_AUTH_TOKEN: 'token' }),
  ]) {
    const ports = Object.values(rendered.services).flatMap((service) => service.ports ?? [])
    expect(ports.length).toBeGreaterThan(0)
    const open = Object.keys(rendered.services).filter((name) => rendered.services[name]!.ports)
    expect(open.sort()).toEqual(['catalog', 'kafka', 'local-aws'])
    for (const port of ports) expect(port.host_ip).toBe('127.0.0.1')
  }
})

test('the profile publishes the ports of /metrics, on 127.0.0.1 only; without it they stay inside', async () => {
  const without = await render(local)
  expect(without.services).not.toHaveProperty('metrics')
  for (const files of [local, aws]) {
    const { services } = await render(files, { COMPOSE_PROFILES: 'metrics' })
    const { ports = [], command, image, ...metrics } = services.metrics!
    expect(ports.map((port) => `${port.host_ip}:${port.published}`)).toEqual([
      '127.0.0.1:9101',
      '127.0.0.1:9102',
      '127.0.0.1:9103',
    ])
    // Each port leads to an existing service, on a network that both are on.
    expect(command!.slice(2)).toEqual(['9101=producer:9101', '9102=consumer:9102', '9103=catalog:9103'])
    for (const name of ['producer', 'consumer', 'catalog'])
      expect(Object.keys(services[name]!.networks!)).toEqual(
        expect.arrayContaining(Object.keys(metrics.networks!)),
      )
    expect(image).toBe('ticklake-catalog')
    expect(metrics).toMatchObject({ cap_drop: ['ALL'], read_only: true })
  }
})

test('a service that ends by itself stays long enough to be scraped twice', async () => {
  for (const files of [local, aws]) {
    const { services } = await render(files)
    expect(services.producer!.environment!.PRODUCER_STOP_LINGER_MS).toBe('30000')
    expect(services.consumer!.environment!.CONSUMER_STOP_LINGER_MS).toBe('30000')
  }
})

test('only local-aws sees MiniStack and Trino, and only clients of Kafka see Kafka', async () => {
  const { services, networks } = await render(local)
  const on = (network: string) =>
    Object.keys(services)
      .filter((name) => network in (services[name]!.networks ?? {}))
      .sort()
  expect(on('behind')).toEqual(['local-aws', 'ministack', 'trino'])
  expect(networks.behind?.internal).toBe(true)
  expect(on('stream')).toEqual([
    'catalog',
    'consumer',
    'declare',
    'first-query',
    'kafka',
    'producer',
    'topic',
  ])
  expect(services.producer!.networks).not.toHaveProperty('lake')
})

/** The jobs that run once, before the services, and end. */
const jobs = ['secret', 'bucket', 'topic', 'declare', 'first-query']

test('every container has a memory limit, and README.md says the sum of those that stay', async () => {
  const { services } = await render(local)
  let sum = 0
  for (const [name, service] of Object.entries(services)) {
    expect(Number(service.mem_limit), name).toBeGreaterThan(0)
    if (!jobs.includes(name)) sum += Number(service.mem_limit)
  }
  expect(readFileSync(join(projectDir, 'README.md'), 'utf8')).toContain(`${sum / 2 ** 30} GiB`)
})

test('every container is confined, images of others as well', async () => {
  const { services } = await render(local)
  for (const [name, service] of Object.entries(services)) {
    expect(service.read_only, name).toBe(true)
    expect(service.cap_drop, name).toEqual(['ALL'])
    expect(service.security_opt, name).toEqual(['no-new-privileges:true'])
    // Files of an earlier release get another owner: the task of a job without a network.
    expect(service.cap_add ?? [], name).toEqual(name === 'secret' ? ['CHOWN', 'DAC_OVERRIDE'] : [])
  }
  expect(services.secret!.network_mode).toBe('none')
})

test('the secret of MiniStack and Trino is a file that only they and local-aws see', async () => {
  const { services } = await render(local)
  const see = Object.keys(services).filter((name) =>
    services[name]!.volumes?.some(({ source }) => source === 'secret'),
  )
  expect(see.sort()).toEqual(['local-aws', 'ministack', 'secret', 'trino'])
})

test('every image has a tag that is not latest', async () => {
  const { services } = await render(local)
  for (const { image } of Object.values(services)) {
    if (!image.startsWith('ticklake-')) expect(image).toMatch(/:(?!latest)[\w.-]+$/)
  }
  for (const server of ['ministack', 'trino']) {
    const dockerfile = readFileSync(join(projectDir, 'stack', server, 'Dockerfile'), 'utf8')
    expect(dockerfile).toMatch(/^FROM \S+:(?!latest)[\w.-]+$/m)
  }
})

test('the AWS override starts the three services and no local server', async () => {
  const { services } = await render(aws)
  expect(Object.keys(services).sort()).toEqual(['catalog', 'consumer', 'producer'])
  for (const service of Object.values(services)) expect(service.depends_on ?? {}).toEqual({})
})

test('the AWS override has the same images and nothing of the local endpoint, its keys or its broker', async () => {
  const [laptop, cloud] = [await render(local), await render(aws)]
  for (const [name, service] of Object.entries(cloud.services)) {
    expect(service.image).toBe(laptop.services[name]!.image)
    expect(Object.keys(service.environment ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/ENDPOINT|ACCESS_KEY|PATH_STYLE/)]),
    )
    expect(service.environment?.KAFKA_SECURITY_PROTOCOL).toBe('SASL_SSL')
  }
  expect(JSON.stringify(cloud)).not.toMatch(/local-aws|kafka:19092|"test"/)
})

test('the AWS override shows no secret: passwords and credentials are files, whatever the shell has', async () => {
  const shown = JSON.stringify(
    await render(aws, {
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'hush',
      KAFKA_SASL_PASSWORD: 'hush',
    }),
  )
  expect(shown).not.toMatch(/hush|AKIAEXAMPLE/)
  expect(shown).toContain('/run/secrets/consumer.password')
})

test('LocalStack takes the place of local-aws, MiniStack and Trino on the same port', async () => {
  const { services } = await render(localstack, { LOCALSTACK_AUTH_TOKEN: 'token' })
  expect(services).not.toHaveProperty('ministack')
  expect(services).not.toHaveProperty('trino')
  expect(services['local-aws']!.image).toMatch(/^localstack\/localstack:/)
  expect(services['local-aws']!.environment?.LOCALSTACK_AUTH_TOKEN).toBe('token')
  expect(services['local-aws']!.ports?.map((port) => port.published)).toEqual(['4566'])
  expect(services.consumer!.environment?.AWS_ENDPOINT_URL).toBe('http://local-aws:4566')
})

test('LocalStack without a token says why it cannot start and what the free default is', async () => {
  const refused = await render(localstack).catch((error: { stderr: string }) => error.stderr)
  expect(refused).toContain('LOCALSTACK_AUTH_TOKEN')
  expect(refused).toContain('LocalStack cannot start without the token of an account')
  expect(refused).toContain('the free default, local-aws: make up')
})

test('`make aws` without its settings says where they come from, and starts nothing', async () => {
  const refused = await run('./compose.aws.sh', [], { TICKLAKE_AWS_ENV_FILE: 'no-such-file' }).catch(
    (error: { code: number; stderr: string }) => error,
  )
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('make aws-deploy writes it') })
})
