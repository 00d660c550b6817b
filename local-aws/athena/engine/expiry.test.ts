import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { type FakeS3, startFakeS3 } from '@ticklake/testing/fake-s3.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeEvents } from '../../events.ts'
import { noStatistics, type Query } from '../api/query.ts'
import { openResultObjects } from '../results/s3.ts'
import { expireQueries } from './expiry.ts'
import { openHistory } from './history.ts'

let dataDir: string
let s3: FakeS3
const events = makeEvents(makeLogger('test', { LOG_LEVEL: 'silent' }), makeRegistry('test'))

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ticklake-expiry-'))
  s3 = await startFakeS3()
})

afterEach(async () => {
  await s3[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true })
})

const query = (n: number): Query => ({
  id: `q${n}`,
  token: `t${n}`,
  query: 'SELECT 1',
  statementType: 'DML',
  substatement: 'SELECT',
  catalog: undefined,
  database: undefined,
  workgroup: 'primary',
  parameters: undefined,
  resultFolder: 's3://results/q/',
  submittedAtMs: n,
  finishedAtMs: n,
  state: 'SUCCEEDED',
  statistics: noStatistics,
})

test.each([
  ['go with them', false, ['results/q/q2']],
  ['stay where they are to be kept', true, ['results/q/q1.csv', 'results/q/q1.csv.metadata', 'results/q/q2']],
])('old queries expire, and their result objects %s', async (_case, keepResults, left) => {
  using history = openHistory(dataDir)
  using objects = openResultObjects(s3.url, 'us-east-1')
  for (let n = 1; n <= 1_003; n++) history.add(query(n))
  history.finish({ ...query(2), substatement: 'INSERT' })
  for (const key of ['q1.csv', 'q1.csv.metadata', 'q2']) s3.objects.set(`results/q/${key}`, Buffer.from('x'))
  s3.objects.set('results/q/q4.csv', Buffer.from('x'))
  await expireQueries({ history, objects, events, keepResults }, Number.MAX_SAFE_INTEGER)
  expect([history.get('q3'), history.get('q4')?.id]).toEqual([undefined, 'q4'])
  expect([...s3.objects.keys()]).toEqual([...left, 'results/q/q4.csv'])
})

test('a result that a newer query reuses stays as long as that one', async () => {
  using history = openHistory(dataDir)
  using objects = openResultObjects(s3.url, 'us-east-1')
  const reused = { id: 'q1', location: 's3://results/q/q1.csv' }
  for (let n = 1; n <= 1_001; n++) history.add(n === 1_000 ? { ...query(n), reused } : query(n))
  s3.objects.set('results/q/q1.csv', Buffer.from('x'))
  const parts = { history, objects, events, keepResults: false }
  await expireQueries(parts, Number.MAX_SAFE_INTEGER)
  expect([history.get('q1'), s3.objects.size]).toEqual([undefined, 1])
  for (let n = 1_002; n <= 2_000; n++) history.add(query(n))
  await expireQueries(parts, Number.MAX_SAFE_INTEGER)
  expect([history.get('q1000'), s3.objects.size]).toEqual([undefined, 0])
})

test('a query stays while S3 cannot remove its result', async () => {
  using history = openHistory(dataDir)
  using objects = openResultObjects(s3.url, 'us-east-1')
  for (let n = 1; n <= 1_001; n++) history.add(query(n))
  s3.failWritesWith = 500
  await expireQueries({ history, objects, events, keepResults: false }, Number.MAX_SAFE_INTEGER)
  expect(history.get('q1')).toBeDefined()
})

test('only old queries beyond the newest 1,000 expire', () => {
  using history = openHistory(dataDir)
  for (let n = 1; n <= 1_010; n++) history.add(query(n))
  expect(history.expired(Number.MAX_SAFE_INTEGER, 100).map((old) => old.id)).toEqual(
    Array.from({ length: 10 }, (_, i) => `q${i + 1}`),
  )
  expect(history.expired(5, 100)).toHaveLength(4)
  history.forget(['q1', 'q2'])
  expect(history.get('q1')).toBeUndefined()
  expect(history.expired(5, 100).map((old) => old.id)).toEqual(['q3', 'q4'])
})
