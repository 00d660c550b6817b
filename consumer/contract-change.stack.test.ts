// A column was added to the contract: what the previous release wrote is read and continued, and no consumer drops the
// column.
import { zstdDecompressSync } from 'node:zlib'
import { openAws } from '@ticklake/aws/clients.ts'
import { s3Client } from '@ticklake/aws/config.ts'
import { datasetKey, type HourPath, hourPrefix } from '@ticklake/contract/keys.ts'
import { kafkaConfig } from '@ticklake/kafka/config.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import { release } from '@ticklake/runtime/release.ts'
import { changeFirstRow } from '@ticklake/testing/changed-object.ts'
import { ConsumerCase } from '@ticklake/testing/consumer-case.ts'
import {
  type EarlierContract,
  earlierMessages,
  restoreObjects,
  restoreTable,
} from '@ticklake/testing/earlier-release/restore.ts'
import { PATIENCE_MS } from '@ticklake/testing/patience.ts'
import { createTopic, produce } from '@ticklake/testing/topic.ts'
import { parquetReadObjects } from 'hyparquet'
import { expect, type TestContext, test } from 'vitest'
import { runAudit } from '../catalog/audit/run.ts'
import { compact } from '../catalog/compaction/compact.ts'
import { catalogConfig } from '../catalog/config.ts'
import { compareCrawled, listBeforeCrawl } from '../catalog/tables/comparison.ts'
import { crawl } from '../catalog/tables/crawler.ts'
import { declare } from '../catalog/tables/declare.ts'

const nine: HourPath = { dt: '2026-11-20', hour: '09' }
const ten: HourPath = { dt: '2026-11-20', hour: '10' }

const tick = (n: number, more = '') =>
  `{"index":"N${n}","date":"2021-04-01","open":1,"high":2,"low":1,"close":1,"adj_close":null,"volume":${n},"close_usd":null${more}}`

const at = (time: string, value: string) => ({
  value: Buffer.from(value),
  partition: 0,
  timestampMs: Date.parse(`2026-11-20T${time}Z`),
})

/** The catalog's commands, without a process for each. */
function catalogOf({ env }: ConsumerCase) {
  const config = catalogConfig({ ...env, CATALOG_COMPACT_DELETE_AFTER_MS: '0' })
  const aws = openAws(config.lake)
  const broker = new Broker(config.kafka)
  const s3 = s3Client(config.lake)
  return {
    aws,
    lake: config.lake,
    async declare() {
      const said: string[] = []
      await declare(aws, config, { replace: false, nowMs: Date.now(), say: (line) => said.push(line) })
      return said.join('\n')
    },
    bySource: () => aws.athena.rows('SELECT source, count(*) FROM ticks GROUP BY source ORDER BY source', {}),
    async audit() {
      const { report } = await runAudit(aws, broker, config, { deep: true, waitMs: PATIENCE_MS })
      const { produced, landed, dead, lost, twice, findings } = report
      return { produced, landed, dead, lost, twice, findings }
    },
    /** Changes a price in an object that the table reads, by one byte in text formats. */
    async changePrice() {
      const [[path] = []] = await aws.athena.rows(
        `SELECT "$path" FROM ticks WHERE source = 'after' ORDER BY kafka_offset LIMIT 1`,
      )
      const key = path!.slice(`s3://${aws.bucket.name}/`.length)
      await changeFirstRow(s3, aws.bucket.name, key, (row) => ({ ...row, close: Number(row.close) + 1 }))
    },
    async compact() {
      const done: string[] = []
      const note = (what: string) => (facts: object) => done.push(`${what} ${JSON.stringify(facts)}`)
      const [merged, switched, deleted, refused] = ['merged', 'switched', 'deleted', 'refused'].map(note)
      const events = { merged, switched, deleted, refused } as Parameters<typeof compact>[3]['events']
      await compact(aws, broker, config, { events })
      return done.join('\n')
    },
    async crawlDifferences() {
      const before = await listBeforeCrawl(aws, config)
      return (await compareCrawled(aws, config, before, await crawl(aws, config))).differences
    },
    [Symbol.dispose]() {
      aws[Symbol.dispose]()
      s3.destroy()
      broker[Symbol.dispose]()
    },
  }
}

/** A topic with producers' timestamps, the records that the previous release had read, and its dataset and table. */
async function earlier(scope: TestContext, contract: EarlierContract, format: string): Promise<ConsumerCase> {
  const it = new ConsumerCase(scope, { LAKE_FORMAT: format, CONSUMER_FLUSH_ROWS: '4' })
  await createTopic(it.env, 1, { 'message.timestamp.type': 'CreateTime', 'retention.ms': '-1' })
  await produce(it.env, earlierMessages(contract))
  using broker = new Broker(kafkaConfig(it.env))
  await restoreObjects(contract, it.env, (await broker.topic()).topicId)
  await restoreTable(contract, it.env, [nine, ten])
  return it
}

/** Release 0.1.0 did not know `source`; 0.2.0 did not know `traded_at`. */
const releases = [
  { contract: 1, format: 'parquet', added: 'source string, traded_at timestamp' },
  { contract: 1, format: 'jsonl', added: 'source string, traded_at timestamp' },
  { contract: 1, format: 'json-object', added: 'source string, traded_at timestamp' },
  { contract: 2, format: 'parquet', added: 'traded_at timestamp' },
  { contract: 2, format: 'jsonl', added: 'traded_at timestamp' },
] as const

test.concurrent.for(releases)(
  'a dataset of contract $contract ($format) is raised in place: read, its claim finished, continued, audited, compacted',
  async ({ contract, format, added }, scope) => {
    const it = await earlier(scope, contract, format)
    using catalog = catalogOf(it)
    expect(await catalog.declare()).toMatch(new RegExp(`table \\S+\\.ticks: updated \\(columns: .*${added}`))
    const written = format === 'json-object' ? '11' : '8'
    expect(await catalog.bySource(), 'its rows read as NULL').toEqual([[null, written]])

    await produce(it.env, [
      ...[0, 1].map((n) => at('09:59:59', tick(n, ',"source":"after"'))),
      // Into an hour that was registered with the previous columns.
      ...[2, 3].map((n) => at('10:00:00', tick(n, ',"source":"after"'))),
      at('10:00:01', tick(4)),
    ])
    const consumer = it.consumeHere()
    await consumer.logged(`raised the dataset from contract ${contract} to 3`)
    const { claims } = await it.expectOnce(17, 1)
    // The unfinished claim has a valid value of the new column and two invalid ones: the contract that validated it
    // knew none of them.
    const rows = [
      [null, '13'],
      ['after', '4'],
    ]
    const nullsLast = (found: readonly unknown[]) => found.toReversed()
    expect(nullsLast(await catalog.bySource())).toEqual(rows)
    expect(claims.map(({ S, v, contract, release: by }) => [S, v, contract, by])).toEqual([
      ...[0, 5, 9].map((S) => [S, contract, contract, contract === 1 ? undefined : '0.2.0']),
      [13, 2, 3, release],
      [17, 2, 3, release],
    ])
    const dataset = JSON.parse((await catalog.aws.bucket.text(datasetKey(catalog.lake)))!.text)
    expect(dataset).toMatchObject({ v: 1, contract: 3, release })

    const sound = { produced: 18, landed: 17, dead: 1, lost: 0, twice: 0, findings: [] }
    expect(await catalog.audit()).toEqual(sound)
    if (format === 'parquet') expect(await catalog.crawlDifferences()).toEqual([])
    const changed = expect.objectContaining({
      what: expect.stringMatching(/^partition 0, offset \d+ in s3:.*: close is [\d.]+, and [\d.]+ in Kafka$/),
      kind: 'content',
    })
    if (format === 'json-object') {
      await catalog.changePrice()
      return expect((await catalog.audit()).findings).toEqual([changed])
    }
    expect(await catalog.compact()).toMatch(/merged .*"from":4,"to":1,"rows":14/)
    expect(nullsLast(await catalog.bySource()), 'old and new objects in one').toEqual(rows)
    expect(await catalog.audit()).toEqual(sound)
    for await (const { key } of catalog.aws.bucket.list(hourPrefix(catalog.lake, nine))) {
      expect(key, 'is deleted').toBeUndefined()
    }
    await catalog.changePrice()
    expect((await catalog.audit()).findings).toEqual([changed])
  },
)

test.concurrent('a consumer that runs while a newer release raises its dataset stops before it drops the new field', async (scope) => {
  const it = new ConsumerCase(scope)
  await createTopic(it.env, 1)
  await produce(it.env, [{ value: Buffer.from(tick(0)), partition: 0 }])
  const older = it.consumeHere()
  await it.landed(1)
  const added =
    '"venue":"HKEX","value_date":"2021-04-03","quoted_at":"2021-04-01T09:30:00.25+08:00","spread":0.25'
  const newerEnv = { NODE_OPTIONS: `--import=${import.meta.resolve('@ticklake/testing/next-contract.ts')}` }
  const newer = it.consume({ ...it.heir, ...newerEnv })
  await newer.logged('raised the dataset from contract 3 to 99')
  await newer.stop('SIGKILL')
  await produce(it.env, [{ value: Buffer.from(tick(1, `,"source":"s",${added}`)), partition: 0 }])
  expect(await older.ended()).toBe(1)
  expect(older.stderr).toMatch(
    /NEWER_CONTRACT[\s\S]*contract 99 \(ticklake 9\.9\.9\)[\s\S]*run ticklake 9\.9\.9 or newer/,
  )
  expect((await it.landed(1)).claims, 'nothing more was claimed').toHaveLength(1)
  const again = it.consumeHere()
  expect(await again.ended(), 'nor does it start again').toBe(1)
  expect(again.stderr).toContain('NEWER_CONTRACT')
  it.consume({ ...newerEnv, CONSUMER_GROUP_ID: `${it.env.KAFKA_TOPIC}-newer` })
  await it.expectOnce(2, 0)
  using catalog = catalogOf(it)
  const [claim] = (await it.landed(2)).claims.slice(-1)
  const bytes = (await catalog.aws.bucket.bytes(claim!.files[0]!.key))!
  const [row] = await parquetReadObjects({
    file: new Uint8Array(bytes).buffer,
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
  })
  expect(row, 'one line each for the added columns').toMatchObject({
    index: 'N1',
    source: 's',
    venue: 'HKEX',
    value_date: new Date('2021-04-03'),
    quoted_at: new Date('2021-04-01T01:30:00.250Z'),
    spread: 0.25,
  })
})
