import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type GlueService, openGlue } from '../api/service.ts'
import { Store } from '../catalog/store.ts'
import { Crawlers } from './crawlers.ts'

interface Shown {
  State: string
  Version: number
  LastCrawl?: { Status: string; ErrorMessage?: string }
  Schedule?: { ScheduleExpression: string; State: string }
}

let dataDir: string
let silentS3: Server
let s3Endpoint: string
let glue: GlueService | undefined

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'crawlers-'))
  // Accepts every request and never answers: a crawl continues until something ends it.
  silentS3 = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silentS3, 'listening')
  s3Endpoint = `http://127.0.0.1:${(silentS3.address() as AddressInfo).port}`
})
afterEach(async () => {
  await glue?.close()
  glue = undefined
  silentS3.closeAllConnections()
  silentS3.close()
  rmSync(dataDir, { recursive: true })
})

async function open() {
  glue = await openGlue({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint })
  return glue
}
const crawler = async () => (await glue!.call<{ Crawler: Shown }>('GetCrawler', { Name: 'ticks' })).Crawler
const ticks = {
  Name: 'ticks',
  Role: 'crawler',
  DatabaseName: 'lake',
  Targets: { S3Targets: [{ Path: 's3://lake/ticks/' }] },
}

describe('a crawl that is cut off', () => {
  it('by kill -9 has failed once the catalog is open again, and the crawler is ready', async () => {
    const script = fileURLToPath(new URL('../../../packages/testing/kill-9-crawl.ts', import.meta.url))
    const child = spawn(process.execPath, [script, dataDir, s3Endpoint], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await open()
    expect(await crawler()).toMatchObject({
      State: 'READY',
      LastCrawl: { Status: 'FAILED', ErrorMessage: 'Internal Service Exception: the crawl was interrupted' },
    })
    const { Crawls } = await glue!.call<{ Crawls: object[] }>('ListCrawls', { CrawlerName: 'ticks' })
    expect(Crawls).toMatchObject([{ State: 'FAILED', EndTime: expect.any(Number) }])
  }, 30_000)

  it('by the end of the endpoint has failed too', async () => {
    await open()
    await glue!.call('CreateCrawler', ticks)
    await glue!.call('StartCrawler', { Name: 'ticks' })
    expect((await crawler()).State).toBe('RUNNING')
    await glue!.close()
    await open()
    expect(await crawler()).toMatchObject({ State: 'READY', LastCrawl: { Status: 'FAILED' } })
  })

  it('by StopCrawler is cancelled', async () => {
    await open()
    await glue!.call('CreateCrawler', ticks)
    await glue!.call('StartCrawler', { Name: 'ticks' })
    await expect(glue!.call('StartCrawler', { Name: 'ticks' })).rejects.toThrow(
      'Crawler with name ticks has already started',
    )
    await expect(glue!.call('DeleteCrawler', { Name: 'ticks' })).rejects.toThrow()
    await glue!.call('StopCrawler', { Name: 'ticks' })
    while ((await crawler()).State !== 'READY') await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await crawler()).toMatchObject({ LastCrawl: { Status: 'CANCELLED' } })
    await glue!.call('DeleteCrawler', { Name: 'ticks' })
  })
})

describe('a crawler', () => {
  it.each([
    [{ Targets: { S3Targets: [] } }, 'Crawler must have at least one target.'],
    [{ Targets: { S3Targets: [{ Path: 'lake/ticks' }] } }, 'lake/ticks is not a valid S3 path'],
    [{ Targets: { JdbcTargets: [{ Path: 'x' }] } }, 'JdbcTargets are not available here'],
    [{ Targets: { DynamoDBTargets: [{ Path: 'x' }] } }, 'DynamoDBTargets are not available here'],
    [
      { Targets: { S3Targets: [{ Path: 's3://lake/a/', EventQueueArn: 'arn:aws:sqs:us-east-1:0:q' }] } },
      'EventQueueArn is not available here',
    ],
    [
      { RecrawlPolicy: { RecrawlBehavior: 'CRAWL_EVENT_MODE' } },
      'RecrawlBehavior CRAWL_EVENT_MODE is not available here: there are no S3 event notifications',
    ],
    [{ Classifiers: ['none'] }, 'Classifier with name none does not exist'],
    [
      { Configuration: '{"CrawlerOutput":{"Tables":{"TableThreshold":0}}}' },
      'TableThreshold in the crawler configuration must be a whole number of at least 1',
    ],
    [{ Schedule: 'every day' }, 'Invalid cron expression: every day'],
    [{ Configuration: '{' }, 'The crawler configuration is not valid JSON'],
    [
      {
        RecrawlPolicy: { RecrawlBehavior: 'CRAWL_NEW_FOLDERS_ONLY' },
        SchemaChangePolicy: { UpdateBehavior: 'UPDATE_IN_DATABASE', DeleteBehavior: 'LOG' },
      },
      'can have only LOG DeleteBehavior',
    ],
  ])('with %j is refused', async (wrong, message) => {
    await open()
    await expect(glue!.call('CreateCrawler', { ...ticks, ...wrong })).rejects.toThrow(message)
  })

  it.each([[undefined], [['c', 'a', 'nobody', 'a', 'b']]])(
    'is in the metrics once, page by page, asked for by %j',
    async (CrawlerNameList) => {
      await open()
      for (const Name of ['a', 'b', 'c']) await glue!.call('CreateCrawler', { ...ticks, Name })
      const seen: string[] = []
      let NextToken: string | undefined
      do {
        const request = {
          ...(CrawlerNameList ? { CrawlerNameList } : {}),
          ...(NextToken ? { NextToken } : {}),
        }
        const page = await glue!.call<{ CrawlerMetricsList: { CrawlerName: string }[]; NextToken?: string }>(
          'GetCrawlerMetrics',
          { ...request, MaxResults: 1 },
        )
        seen.push(...page.CrawlerMetricsList.map(({ CrawlerName }) => CrawlerName))
        NextToken = page.NextToken
      } while (NextToken && seen.length < 10)
      expect(seen).toEqual(CrawlerNameList ? ['c', 'a', 'b'] : ['a', 'b', 'c'])
    },
  )

  it('is ready after a crawl whose end could not be written, which is written as soon as that goes', async () => {
    const store = new Store(dataDir)
    const options = { dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint }
    const crawlers = new Crawlers(store, () => ({}), options)
    const input = { ...ticks, Configuration: '' }
    crawlers.create({
      input,
      scheduleState: 'NOT_SCHEDULED',
      state: 'READY',
      created: 0,
      updated: 0,
      version: 1,
    })
    const full = vi.spyOn(store, 'transaction').mockImplementation(() => {
      throw new Error('database or disk is full')
    })
    crawlers.start('ticks')
    crawlers.stop('ticks')
    await expect
      .poll(() => crawlers.get('ticks'), { timeout: 10_000 })
      .toMatchObject({
        state: 'READY',
        lastCrawl: { Status: 'CANCELLED' },
      })
    expect(crawlers.list('', 10)).toMatchObject([{ state: 'READY' }])
    expect(crawlers.history.list('ticks', 10, undefined, [])).toMatchObject({
      Crawls: [{ State: 'RUNNING' }],
    })
    full.mockRestore()
    expect(crawlers.get('ticks').state).toBe('READY')
    expect(crawlers.history.list('ticks', 10, undefined, [])).toMatchObject({
      Crawls: [{ State: 'STOPPED' }],
    })
    expect(store.one('SELECT data FROM crawlers')).toEqual({ data: expect.stringContaining('"READY"') })
    crawlers.close()
    store.close()
  })

  it('keeps its schedule, on or off', async () => {
    await open()
    await glue!.call('CreateCrawler', ticks)
    expect(await crawler()).not.toHaveProperty('Schedule')
    await expect(glue!.call('StartCrawlerSchedule', { CrawlerName: 'ticks' })).rejects.toMatchObject({
      type: 'NoScheduleException',
    })
    const Schedule = 'cron(15 12 * * ? *)'
    await glue!.call('UpdateCrawlerSchedule', { CrawlerName: 'ticks', Schedule })
    expect((await crawler()).Schedule).toEqual({ ScheduleExpression: Schedule, State: 'SCHEDULED' })
    await glue!.call('StopCrawlerSchedule', { CrawlerName: 'ticks' })
    expect((await crawler()).Schedule?.State).toBe('NOT_SCHEDULED')
  })

  it('is started by its schedule, in UTC, and only while the schedule is on', async () => {
    vi.useFakeTimers({
      toFake: ['Date', 'setTimeout', 'clearTimeout'],
      now: Date.parse('2026-03-01T11:50:00Z'),
    })
    const store = new Store(dataDir)
    const options = { dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint }
    const crawlers = new Crawlers(store, () => ({}), options)
    try {
      const record = {
        input: { ...ticks, Schedule: 'cron(0 12 * * ? *)' },
        state: 'READY',
        created: 0,
        updated: 0,
        version: 1,
      } as const
      crawlers.create({ ...record, scheduleState: 'NOT_SCHEDULED' })
      vi.advanceTimersByTime(15 * 60_000)
      expect(crawlers.get('ticks').state).toBe('READY')
      crawlers.save({ ...record, scheduleState: 'SCHEDULED' })
      vi.advanceTimersByTime(23 * 60 * 60_000)
      expect(crawlers.get('ticks').state).toBe('READY')
      vi.advanceTimersByTime(60 * 60_000)
      expect(crawlers.get('ticks')).toMatchObject({
        state: 'RUNNING',
        runningSince: Date.parse('2026-03-02T12:00:00Z') / 1000,
      })
    } finally {
      crawlers.close()
      store.close()
      vi.useRealTimers()
    }
  })

  it('says in CloudWatch what its crawl did', async () => {
    silentS3.removeAllListeners('request')
    silentS3.on('request', (_request, response) => {
      const objects =
        '<Contents><Key>ticks/_x</Key><Size>5</Size></Contents><Contents><Key>ticks/y</Key><Size>0</Size></Contents>'
      response.end(
        `<ListBucketResult><Name>lake</Name><IsTruncated>false</IsTruncated>${objects}</ListBucketResult>`,
      )
    })
    await open()
    await glue!.createDatabase({ Name: 'lake' })
    await glue!.call('CreateCrawler', ticks)
    await glue!.call('StartCrawler', { Name: 'ticks' })
    while ((await crawler()).State !== 'READY') await new Promise((resolve) => setTimeout(resolve, 10))
    const request = { logGroupName: '/aws-glue/crawlers', logStreamName: 'ticks' }
    const { text } = await glue!.logs.handleText('GetLogEvents', JSON.stringify(request))
    const messages = (JSON.parse(text) as { events: { message: string }[] }).events.map(({ message }) =>
      message.replace(/^\[[^\]]*\] /, ''),
    )
    expect(messages).toEqual([
      'BENCHMARK : Running Start Crawl for Crawler ticks',
      'BENCHMARK : Classification complete, writing results to database lake',
      'INFO : Objects listed: 2, sampled and recognized: 0',
      'WARN : Left out 1 objects (hidden: a name in its path starts with _ or .): s3://lake/ticks/_x',
      'WARN : Left out 1 objects (empty): s3://lake/ticks/y',
      'INFO : Crawler configured with SchemaChangePolicy {"UpdateBehavior":"UPDATE_IN_DATABASE","DeleteBehavior":"DEPRECATE_IN_DATABASE"}',
      'BENCHMARK : Finished writing to Catalog',
      'BENCHMARK : Crawler has finished running and is in state READY',
    ])
    const { Crawls } = await glue!.call<{ Crawls: { Summary: string }[] }>('ListCrawls', {
      CrawlerName: 'ticks',
    })
    expect(JSON.parse(JSON.parse(Crawls[0]!.Summary).OBJECT)).toMatchObject({ SKIP: { Count: 2 } })
    const wrong = await glue!.logs.handleText('GetLogEvents', '{"logGroupName":"other"}')
    expect(JSON.parse(wrong.text)).toMatchObject({ __type: 'ResourceNotFoundException' })
  })

  it('without its database fails its crawl and says why', async () => {
    silentS3.removeAllListeners('request')
    silentS3.on('request', (_request, response) => {
      response.end('<ListBucketResult><Name>lake</Name><IsTruncated>false</IsTruncated></ListBucketResult>')
    })
    await open()
    await glue!.call('CreateCrawler', ticks)
    await glue!.call('StartCrawler', { Name: 'ticks' })
    while ((await crawler()).State !== 'READY') await new Promise((resolve) => setTimeout(resolve, 10))
    expect((await crawler()).LastCrawl).toMatchObject({
      Status: 'FAILED',
      ErrorMessage: 'Database lake not found.',
    })
  })
})

it('lists of the crawlers those that have all the tags', async () => {
  await open()
  for (const [Name, Tags] of [
    ['a', { team: 'x', env: 'ci' }],
    ['b', { team: 'x' }],
    ['c', { team: 'y' }],
  ] as const)
    await glue!.call('CreateCrawler', { ...ticks, Name, Tags })
  const named = async (more: object) =>
    (await glue!.call<{ CrawlerNames: string[] }>('ListCrawlers', more)).CrawlerNames
  expect(await named({ Tags: { team: 'x' } })).toEqual(['a', 'b'])
  expect(await named({ Tags: { team: 'x', env: 'ci' } })).toEqual(['a'])
  expect(await named({ Tags: { team: 'z' } })).toEqual([])
  expect(await named({ MaxResults: 2 })).toEqual(['a', 'b'])
})
