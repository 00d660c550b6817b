// Everything in containers, as `make up` starts it: the stream, restarts, three consumers, Kafka's own console tools.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePortNumbers } from '../stack/ports.ts'
import { ComposeProject, run, until } from './compose-project.ts'

const kafkaBin = '/opt/kafka/bin'
const broker = 'kafka:19092'
let lake: ComposeProject
/** What a user might have in the shell or in .env. */
let ports: Record<string, string>

beforeAll(async () => {
  const [kafka, aws, page] = await freePortNumbers(3)
  ports = {
    TICKLAKE_KAFKA_PORT: String(kafka),
    TICKLAKE_AWS_PORT: String(aws),
    TICKLAKE_PAGE_PORT: String(page),
  }
  lake = new ComposeProject({
    name: 'ticklake-e2e',
    files: ['docker-compose.yml'],
    settings: {
      ...ports,
      // Each object makes every later count a little slower.
      CONSUMER_FLUSH_AFTER_MS: '6000',
      PRODUCER_RATE: '100',
    },
  })
  await lake.clear()
  await lake.up()
})

afterAll(() => lake?.down({ retainData: false }))

test('`up --wait` returns when a query answers', async () => {
  expect(await lake.query('SELECT 1')).toEqual(['1'])
})

test('the stream flows and the count rises', async () => {
  const first = await lake.countAbove(0)
  await lake.countAbove(first)
})

test('the endpoint answers on this machine, and no port is open to others', async () => {
  const answer = await fetch(`http://127.0.0.1:${ports.TICKLAKE_AWS_PORT}/_ticklake/health`)
  expect(answer.status).toBe(200)
  const published = await lake.compose('ps', '--format', '{{.Ports}}')
  expect(published).not.toContain('0.0.0.0')
})

test('`make query` and `make doctor` on this machine find the containers', async () => {
  await lake.countAbove(0)
  const sql = 'SELECT COUNT(*) FROM "stock_market_kafka"."ticks" limit 10'
  const csv = await run('make', ['-s', 'query', `SQL=${sql}`, 'OUTPUT=csv'], ports)
  expect(Number(csv.trim().split('\n').at(-1)!.replaceAll('"', ''))).toBeGreaterThan(0)
  expect(await run('make', ['-s', 'doctor'], ports)).toMatch(/ 0 failed/)
})

test('every container of ours runs as a user that is not root, on a root file system that cannot be written', async () => {
  for (const service of ['producer', 'consumer', 'catalog', 'local-aws']) {
    const [container] = await lake.inspect(service)
    expect(container!.Config.User, service).toBe('node')
    expect(container!.HostConfig.ReadonlyRootfs, service).toBe(true)
    expect(container!.HostConfig.CapDrop, service).toEqual(['ALL'])
    expect((await lake.exec(service, 'id', '-u')).trim(), service).not.toBe('0')
    await expect(lake.exec(service, 'touch', '/app/x'), service).rejects.toThrow(/Read-only file system/)
  }
})

test('Kafka, MiniStack and Trino do as well', async () => {
  for (const service of ['kafka', 'ministack', 'trino']) {
    const [container] = await lake.inspect(service)
    expect(container!.HostConfig.ReadonlyRootfs, service).toBe(true)
    expect(container!.HostConfig.CapDrop, service).toEqual(['ALL'])
    expect((await lake.exec(service, 'id', '-u')).trim(), service).not.toBe('0')
    await expect(lake.exec(service, 'touch', '/x'), service).rejects.toThrow(/Read-only file system/)
  }
})

test('MiniStack and Trino answer nobody who reaches their containers without the secret', async () => {
  for (const [service, url] of [
    ['ministack', 'http://ministack:4566/_ministack/reset'],
    ['trino', 'http://trino:8080/v1/statement'],
  ] as const) {
    const post = `console.log((await fetch('${url}', { method: 'POST', headers: { 'X-Trino-User': 'x' }, body: 'SELECT 1' })).status)`
    const status = await lake.exec('local-aws', 'node', '--input-type=module', '--eval', post)
    expect(status.trim(), service).toBe('403')
  }
})

test('SIGTERM ends each service well inside ten seconds, with status 0', async () => {
  for (const service of ['producer', 'consumer', 'catalog', 'local-aws']) {
    const [container] = await lake.inspect(service)
    const id = container!.Name.slice(1)
    const started = Date.now()
    await run('docker', ['stop', '--time', '60', id])
    expect(Date.now() - started, service).toBeLessThan(8_000)
    expect((await run('docker', ['inspect', '--format', '{{.State.ExitCode}}', id])).trim(), service).toBe(
      '0',
    )
    await run('docker', ['start', id])
  }
  await healthy()
})

test('a restart of each container in turn loses nothing and doubles nothing', async () => {
  for (const service of ['kafka', 'ministack', 'trino', 'local-aws', 'producer', 'consumer', 'catalog']) {
    await lake.compose('restart', service)
    await healthy()
    await lake.countAbove(await lake.count())
  }
  const audit = await lake.auditWhenLanded()
  expect(audit.landed).toBeGreaterThan(0)
  expect(audit).toMatchObject({ lost: 0, twice: 0 })
  await lake.compose('start', 'producer')
})

test('three consumers share the topic, and the lake still has every row once', async () => {
  await lake.compose('up', '-d', '--no-recreate', '--wait', '--scale', 'consumer=3', 'consumer')
  expect(await lake.inspect('consumer')).toHaveLength(3)
  await lake.countAbove(await lake.count())
  await lake.compose('up', '-d', '--no-recreate', '--wait', '--scale', 'consumer=1', 'consumer')
  await lake.countAbove(await lake.count())
  expect(await lake.auditWhenLanded()).toMatchObject({ lost: 0, twice: 0 })
  await lake.compose('start', 'producer')
})

test('Kafka’s console tools make, feed and read a topic, as in the tutorials', async () => {
  await lake.exec(
    'kafka',
    ...[`${kafkaBin}/kafka-topics.sh`, '--create', '--topic', 'demo_test', '--bootstrap-server', broker],
    ...['--partitions', '1', '--replication-factor', '1'],
  )
  await type('demo_test', 'hello', 'world')
  const read = await lake.exec(
    'kafka',
    ...[`${kafkaBin}/kafka-console-consumer.sh`, '--topic', 'demo_test', '--bootstrap-server', broker],
    ...['--from-beginning', '--max-messages', '2', '--timeout-ms', '60000'],
  )
  expect(read.trim().split('\n')).toEqual(['hello', 'world'])
})

test('a hand-typed bad message becomes a dead letter, and the rows around it land', async () => {
  const before = await lake.auditWhenLanded()
  await type('stock-ticks', 'this is no tick')
  const after = await until('the audit counts the dead letter', async () => {
    const audit = await lake.audit()
    return audit.dead > before.dead ? audit : undefined
  })
  expect(after).toMatchObject({ dead: before.dead + 1, landed: before.landed, lost: 0, twice: 0 })
  const message = await lake.exec(
    'kafka',
    ...[`${kafkaBin}/kafka-console-consumer.sh`, '--topic', 'stock-ticks-dead-letters'],
    ...['--bootstrap-server', broker, '--from-beginning', '--max-messages', '1', '--timeout-ms', '60000'],
  )
  expect(message).not.toBe('')
  await lake.compose('start', 'producer')
})

test('down and up again keeps the log, the objects and the catalog', async () => {
  const before = await lake.auditWhenLanded()
  await lake.down({ retainData: true })
  await lake.up()
  expect(await lake.count()).toBeGreaterThanOrEqual(before.landed)
  await lake.countAbove(before.landed)
  const after = await lake.auditWhenLanded()
  expect(after).toMatchObject({ lost: 0, twice: 0 })
  expect(after.landed).toBeGreaterThan(before.landed)
})

/** Returns when every container that should run is healthy. */
async function healthy(): Promise<void> {
  await until('every container is healthy', async () => {
    const listed = (await lake.compose('ps', '--format', 'json')).trim().split('\n')
    const health = listed.map((line) => (JSON.parse(line) as { Health: string }).Health)
    return health.every((each) => each === 'healthy') ? true : undefined
  })
}

/** Types lines into Kafka's console producer. */
async function type(topic: string, ...lines: string[]): Promise<void> {
  const typed = lines.map((line) => `'${line}'`).join(' ')
  const tool = `${kafkaBin}/kafka-console-producer.sh --topic ${topic} --bootstrap-server ${broker}`
  await lake.exec('kafka', 'bash', '-c', `printf '%s\\n' ${typed} | ${tool}`)
}
