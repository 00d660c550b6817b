import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { SkippedRow } from './message.ts'
import { readNdjson } from './ndjson.ts'

const TICK =
  '{"index":"HSI","date":"1986-12-31","open":1,"high":2,"low":0.5,"close":1,"adj_close":null,"volume":0,"close_usd":0.13}'

async function read(text: string, chunk = 1 << 16, source?: string) {
  const bytes = Buffer.from(text)
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    bytes.subarray(i * chunk, (i + 1) * chunk),
  )
  const rows: [string, string][] = []
  const skipped: SkippedRow[] = []
  const counts = { blank: 0, unknown: 0 }
  const events = {
    rowSkipped: (row: SkippedRow) => void skipped.push(row),
    blankRow: () => void counts.blank++,
    fileFound() {},
    unknownFields(count: number) {
      counts.unknown += count
    },
  }
  for await (const batch of readNdjson(Readable.from(chunks), 'standard input', events, { source })) {
    for (const { key, value } of batch) rows.push([key, value.toString()])
  }
  return { rows, skipped, ...counts }
}

test('lines are sent in canonical form, keyed by their index, however the input is split', async () => {
  const loose = `{ "volume": 0.0, "close_usd": 1.3e-1, "extra": 1, "index": "HSI", "date": "1986-12-31", "open": 1, "high": 2, "low": 0.5, "close": 1, "adj_close": null }`
  for (const chunk of [1 << 16, 11, 1]) {
    const { rows, skipped, blank, unknown } = await read(`${TICK}\n${loose}\r\n\n${TICK}`, chunk)
    expect(rows).toEqual([1, 2, 3].map(() => ['HSI', TICK]))
    expect({ skipped, blank, unknown }).toEqual({ skipped: [], blank: 1, unknown: 1 })
  }
})

test('the key is the index itself, even if JSON escapes it', async () => {
  const { rows } = await read(
    ['A\\"B', 'A\\\\', 'Zürich', '\\u0041'].map((index) => TICK.replace('HSI', index)).join('\n'),
  )
  expect(rows.map(([key]) => key)).toEqual(['A"B', 'A\\', 'Zürich', 'A'])
})

test('a line keeps its own source, and one without a source gets the setting', async () => {
  const named = (source: string) => `${TICK.slice(0, -1)},"source":${source}}`
  const lines = [TICK, named('"own"'), named('null'), named('"\\u00e9"')].join('\n')
  const sources = async (setting?: string) =>
    (await read(lines, 1 << 16, setting)).rows.map(([, value]) => JSON.parse(value).source)
  expect(await sources('desk 7')).toEqual(['desk 7', 'own', 'desk 7', 'é'])
  expect(await sources()).toEqual([undefined, 'own', undefined, 'é'])
  expect((await read(named('7'))).skipped).toMatchObject([{ column: 'source', reason: 'wrong_type' }])
  expect((await read(named('""'))).skipped).toMatchObject([{ column: 'source', reason: 'bad_text' }])
})

test('a bad line is skipped and reported by line, field and reason', async () => {
  const bad = ['no json', '[]', TICK.replace('"open":1', '"open":"1"'), TICK.replace('-31', '-32'), '{}']
  const { rows, skipped } = await read([TICK, ...bad, TICK].join('\n'))
  expect(rows).toHaveLength(2)
  expect(skipped.map(({ line, column, reason }) => [line, column, reason])).toEqual([
    [2, '', 'not_json'],
    [3, '', 'not_an_object'],
    [4, 'open', 'wrong_type'],
    [5, 'date', 'bad_date'],
    [6, 'index', 'missing_field'],
  ])
})
