import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { ROWS } from '@ticklake/data/generate.ts'
import { afterAll, expect, test, vi } from 'vitest'
import { producerConfig } from './config.ts'
import type { Message } from './message.ts'
import { sampleOf } from './reservoir.ts'
import { openSource } from './source.ts'

// Passes over 104,224 rows take seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const dir = mkdtempSync(join(tmpdir(), 'ticklake-source-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const silent = { rowSkipped() {}, blankRow() {}, unknownFields() {}, fileFound() {}, passEnded() {} }

async function firstRows(env: Record<string, string>, count: number): Promise<string[]> {
  const rows: string[] = []
  for await (const batch of openSource(producerConfig(env), silent, new AbortController().signal).batches) {
    for (const { value } of batch) rows.push(value.toString())
    if (rows.length >= count) break
  }
  return rows.slice(0, count)
}

test('replay returns every row once', async () => {
  const rows = await firstRows({ PRODUCER_MODE: 'replay' }, Number.POSITIVE_INFINITY)
  expect(rows).toHaveLength(ROWS)
})

test('a row has its source: the file’s name without its folder, or the setting', async () => {
  const csv = join(dir, 'some market.csv')
  writeFileSync(csv, 'Index,Date,Open,High,Low,Close,Volume\nHSI,1986-12-31,1,2,1,2,0\n')
  const sourceOf = async (env: Record<string, string>) => JSON.parse((await firstRows(env, 1))[0]!).source
  expect(await sourceOf({ PRODUCER_CSV: csv })).toBe('some market.csv')
  expect(await sourceOf({ PRODUCER_CSV: csv, PRODUCER_SOURCE_NAME: 'desk' })).toBe('desk')
  expect(await sourceOf({ PRODUCER_SOURCE: 'sample' })).toBe('sample.csv')
  expect(await sourceOf({})).toBe('generated')
  expect(await sourceOf({ PRODUCER_SOURCE_NAME: 'desk' })).toBe('desk')
})

test('a loop repeats the same rows, byte for byte', async () => {
  const rows = await firstRows({}, 2 * ROWS)
  expect(rows.slice(ROWS)).toEqual(rows.slice(0, ROWS))
  const sampled = await firstRows({ PRODUCER_SOURCE: 'sample', PRODUCER_MODE: 'loop' }, 500)
  expect(sampled.slice(250)).toEqual(sampled.slice(0, 250))
})

test('sample draws rows of the source at random, without end', async () => {
  const all = new Set(await firstRows({ PRODUCER_SOURCE: 'sample' }, 250))
  const drawn = await firstRows({ PRODUCER_SOURCE: 'sample', PRODUCER_MODE: 'sample' }, 5_000)
  expect(drawn.every((row) => all.has(row))).toBe(true)
  expect(new Set(drawn).size).toBeGreaterThan(240)
})

test('a large source is sampled evenly, in bounded memory', async () => {
  const rows: Message[] = Array.from({ length: 10_000 }, (_, i) => ({
    key: String(i),
    value: Buffer.alloc(0),
  }))
  let seed = 1
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  async function* batches() {
    for (let at = 0; at < rows.length; at += 100) yield rows.slice(at, at + 100)
  }
  const kept = await sampleOf(batches(), 1_000, random)
  expect(new Set(kept).size).toBe(1_000)
  const mean = kept.reduce((sum, { key }) => sum + Number(key), 0) / kept.length
  expect(Math.abs(mean - 5_000)).toBeLessThan(300)
})

test('a missing file, and a loop without a good row, are clear errors', async () => {
  await expect(firstRows({ PRODUCER_CSV: join(dir, 'none.csv') }, 1)).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
    why: expect.stringContaining('no such file'),
  })
  const file = join(dir, 'bad.csv')
  writeFileSync(file, 'Index,Date,Open,High,Low,Close,Volume\nHSI,x,1,1,1,1,1\n')
  await expect(firstRows({ PRODUCER_CSV: file, PRODUCER_MODE: 'loop' }, 1)).rejects.toMatchObject({
    code: 'SOURCE_EMPTY',
    why: expect.stringMatching(
      /every row was skipped, 1 for bad_date, such as line 2: "x" is not a real day/,
    ),
  })
})

test('the error for a file without volumes says how to read it', async () => {
  const file = join(dir, 'index.csv')
  writeFileSync(file, 'Symbol,Date,Open,High,Low,Price,Vol.\nN225,2021-05-31,1,1,1,1,-\n')
  await expect(firstRows({ PRODUCER_CSV: file }, 1)).rejects.toMatchObject({
    code: 'SOURCE_EMPTY',
    remedy: "a file without volumes is read with --columns 'Volume=0'",
  })
})

test.each([
  ['CSV before its header', { PRODUCER_CSV: '-' }, ''],
  ['CSV within a row', { PRODUCER_CSV: '-' }, 'Index,Date,Open,High,Low,Close,Volume\nHSI,2021'],
  ['JSON lines within a line', { PRODUCER_SOURCE: '-' }, '{"index":"H'],
])(
  'a signal ends silent standard input without an error and without a skipped row: %s',
  async (_, env, text) => {
    const input = new PassThrough()
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as never)
    input.write(text)
    const controller = new AbortController()
    setTimeout(() => controller.abort('SIGINT'), 100)
    const skipped: unknown[] = []
    const events = { ...silent, rowSkipped: (row: unknown) => skipped.push(row) }
    const config = producerConfig(env as Record<string, string>)
    const batches: unknown[] = []
    for await (const batch of openSource(config, events, controller.signal).batches) batches.push(batch)
    vi.restoreAllMocks()
    expect([batches, skipped]).toEqual([[], []])
  },
)
