// A real browser, on pages of foreign sites, against every port that a stack and the services on it open: none of what
// a page can try has an effect, and nothing can be read.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server as HttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { s3Client } from '@ticklake/aws/config.ts'
import { openBrowser } from '@ticklake/testing/chromium.ts'
import { eventually, type Service, startDashboardService, startService } from '@ticklake/testing/dashboard.ts'
import { testEnv } from '@ticklake/testing/test-env.ts'
import { makeTopic } from '@ticklake/testing/topic.ts'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { makeBucket } from './bucket.ts'
import {
  type Attempt,
  attemptsOn,
  idsIn,
  type Prey,
  type Server,
  type Site,
} from './foreign-site/attempts.ts'
import { portsBelow } from './foreign-site/listening-ports.ts'
import { stateOf } from './foreign-site/state.ts'
import { freePortNumbers } from './ports.ts'

const stackPorts = inject('stackPorts')!
const markers = mkdtempSync(join(tmpdir(), 'ticklake-foreign-'))
const prey: Prey = { bucket: `prey-${process.pid}`, key: 'secret', markers }
const attack = readFileSync(new URL('./foreign-site/attack.js', import.meta.url), 'utf8')
const [producerHealth, consumerHealth, catalogHealth] = (await freePortNumbers(3)) as [number, number, number]
const env = testEnv({
  PRODUCER_HEALTH_PORT: String(producerHealth),
  CONSUMER_HEALTH_PORT: String(consumerHealth),
  CATALOG_HEALTH_PORT: String(catalogHealth),
  CATALOG_CRAWLER: `foreign-site-${process.pid}`,
  // So long that nothing changes by itself while the browser tries.
  CATALOG_REGISTER_EVERY_MS: '3600000',
  PRODUCER_AT_END: 'stay',
  LOG_FORMAT: 'json',
})

const services: Service[] = []
const ports = new Map<Server, number>()
/** The requests that reached the naive server, which does whatever it is asked. */
const naive = new Set<number>()
let naiveServer: HttpServer
/** Two empty pages, on the ports of a public site and of a site on this machine. */
let sites: readonly [HttpServer, HttpServer]
let browser: Awaited<ReturnType<typeof openBrowser>>

beforeAll(async () => {
  const s3 = s3Client({ s3PathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: prey.bucket }))
  await s3.send(new PutObjectCommand({ Bucket: prey.bucket, Key: prey.key, Body: 'untouched' }))
  await makeTopic(env, env.KAFKA_TOPIC!, 1)
  services.push(startService(env, 'consumer', 'run'))
  services.push(startService(env, 'producer', 'run', '--source', 'sample', '--rows', '10'))
  const page = await startDashboardService(env, '--allow-crawl')
  services.push(page)
  naiveServer = await listening((request, response) => {
    let said = request.url!
    request.on('data', (chunk) => {
      said += chunk
    })
    request.on('end', () => {
      if (request.method !== 'OPTIONS') for (const id of idsIn(said)) naive.add(id)
      response.writeHead(200, {
        'access-control-allow-origin': request.headers.origin ?? '*',
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'content-type,authorization,x-amz-target,x-trino-user',
        'access-control-allow-methods': 'PUT',
      })
      response.end('{}')
    })
  })
  sites = await Promise.all([listening(emptyPage), listening(emptyPage)])
  ports.set('naive', portOf(naiveServer))
  ports.set('local-aws', stackPorts.aws)
  ports.set('ministack', stackPorts.miniStack)
  ports.set('trino', stackPorts.trino)
  ports.set('kafka', stackPorts.kafka)
  ports.set('kafka controller', stackPorts.kafkaController)
  ports.set('page', Number(new URL(page.url).port))
  ports.set('producer health', producerHealth)
  ports.set('consumer health', consumerHealth)
  ports.set('catalog health', catalogHealth)
  for (const port of [producerHealth, consumerHealth, catalogHealth]) {
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined))?.ok,
      `livez at ${port}`,
    )
  }
  browser = await openBrowser([
    '--host-resolver-rules=MAP *.example 127.0.0.1',
    `--ip-address-space-overrides=127.0.0.1:${portOf(sites[0])}=public`,
    // What this browser itself blocks for local addresses is allowed here: other browsers do not block it.
    '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,IsolateOrigins,site-per-process',
    '--disable-site-isolation-trials',
  ])
})

afterAll(async () => {
  await browser?.close()
  await Promise.all(services.map((service) => service.stop()))
  for (const server of [naiveServer, ...(sites ?? [])]) server?.close().closeAllConnections()
  // Missing if an attempt to wipe S3 succeeds; other tests need it, so it is created again.
  const secretFile = inject('secretFile')
  await makeBucket(stackPorts, env.LAKE_BUCKET!, { file: secretFile, text: readFileSync(secretFile, 'utf8') })
  rmSync(markers, { recursive: true, force: true })
})

test('every port that the stack and its services listen on is among those that are tried', () => {
  const isTest = (command: string) => command.includes('vitest')
  const open = portsBelow(inject('stackPid'), isTest)
  expect(open).toEqual([...new Set(Object.values(stackPorts))].sort((a, b) => a - b))
  const ours = portsBelow(process.pid, (command) => command.includes('chrom'))
  const known = new Set([...ports.values(), ...sites.map(portOf)])
  expect(ours.filter((port) => !known.has(port))).toEqual([])
})

test('no attempt has an effect, and nothing is read', async () => {
  const { attempts, last } = attemptsOn(ports, prey)
  const all = [...attempts, ...last]
  const before = await stateOf(stackPorts, prey)
  const read = new Set<number>()
  const begun = performance.now()
  for (const list of [attempts, last]) {
    for (const id of await carryOut(list)) read.add(id)
    // CloudFormation creates its resources a moment later.
    await delay(1_500)
    if (list === attempts) expectSame(before, await stateOf(stackPorts, prey), all, read)
  }
  expectSame(before, await stateOf(stackPorts, prey).catch(() => ['object secret is gone']), all, read)
  const seconds = (performance.now() - begun) / 1000
  expectArrived(all, read)
  const tried = all.filter(({ server }) => server !== 'naive')
  console.log(listOf(tried))
  console.log(`${tried.length} attempts in ${seconds.toFixed(0)} s, 0 effects, 0 answers read`)
})

/** Lets each site make its attempts. Out: the attempts whose answers the page could read. */
async function carryOut(attempts: readonly Attempt[]): Promise<number[]> {
  const byPage = Map.groupBy(attempts, ({ site, server }) => pageUrl(site, ports.get(server)!))
  const read = await Promise.all([...byPage].map(([url, list]) => tryFrom(url, list)))
  return read.flat()
}

async function tryFrom(url: string, attempts: readonly Attempt[]): Promise<number[]> {
  const context = await browser.newContext()
  // The rebound name resolved to the attacker's server when its page was loaded.
  if (url.includes('rebound')) {
    await context.route(url, (route) => route.fulfill({ contentType: 'text/html', body: '<p>' }))
  }
  const page = await context.newPage()
  await page.goto(url)
  await context.unrouteAll()
  await page.evaluate(attack)
  const seen: boolean[] = await page.evaluate(`attack(${JSON.stringify(attempts)})`)
  await context.close()
  return attempts.filter((_, i) => seen[i]).map(({ id }) => id)
}

function pageUrl(site: Site, port: number): string {
  if (site === 'a name that was rebound') return `http://rebound.example:${port}/attacker.html`
  return site === 'a public site'
    ? `http://public.example:${portOf(sites[0])}/`
    : `http://evil.example:${portOf(sites[1])}/`
}

function expectSame(before: string[], after: string[], all: Attempt[], read: ReadonlySet<number>): void {
  const changed = [
    ...after.filter((line) => !before.includes(line)),
    ...before.filter((line) => !after.includes(line)).map((line) => `gone: ${line}`),
  ]
  const by = new Map(all.map((attempt) => [attempt.id, attempt]))
  const guilty = changed.map(
    (line) =>
      `${line} <- ${idsIn(line)
        .map((id) => described(by.get(id)))
        .join()}`,
  )
  const readable = [...read].map((id) => by.get(id)!).filter(({ server }) => server !== 'naive')
  expect(guilty, 'effects').toEqual([])
  expect(readable.map(described), 'answers that were read').toEqual([])
}

/** Tests the test: each means of each site reached the naive server, and read its answers where it can. */
function expectArrived(all: readonly Attempt[], read: ReadonlySet<number>): void {
  const onNaive = all.filter(({ server, url }) => server === 'naive' && !url.endsWith('/'))
  const by = Map.groupBy(onNaive, ({ site, means }) => `${means}, of ${site}`)
  const never = [...by].filter(([, list]) => !list.some(({ id }) => naive.has(id))).map(([how]) => how)
  expect(never, 'means that reach nothing').toEqual([])
  const fetched = [...by].filter(([how]) => /^fetch, (cors|same)/.test(how))
  const unread = fetched.filter(([, list]) => !list.some(({ id }) => read.has(id))).map(([how]) => how)
  expect(unread, 'means that read nothing').toEqual([])
}

const described = (attempt: Attempt | undefined) =>
  attempt && `${attempt.server}: ${attempt.request}, by ${attempt.means}, of ${attempt.site}`

/** One line for each server and request: how many means were tried, and by which sites. */
function listOf(attempts: readonly Attempt[]): string {
  const rows = new Map<string, string[]>()
  for (const attempt of attempts) {
    const row = `${attempt.server.padEnd(17)} ${attempt.request.padEnd(32)}`
    rows.set(row, [...(rows.get(row) ?? []), attempt.means])
  }
  return [...rows]
    .map(([row, how]) => `${row} ${String(how.length).padStart(3)} attempts  0 effects`)
    .join('\n')
}

function emptyPage(
  _: unknown,
  response: { setHeader(name: string, value: string): void; end(text: string): void },
) {
  response.setHeader('content-type', 'text/html')
  response.end('<!doctype html><title>a foreign site</title>')
}

function listening(handler: Parameters<typeof createServer>[1] & {}): Promise<HttpServer> {
  const server = createServer(handler as never)
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function portOf(server: HttpServer): number {
  return (server.address() as { port: number }).port
}
