// The reader with market files as found in the wild.
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { csvLines, ROWS } from '@ticklake/data/generate.ts'
import type { Failure } from '@ticklake/runtime/errors.ts'
import { describe, expect, test } from 'vitest'
import type { SkippedRow } from '../message.ts'
import { type CsvOptions, readCsv } from './read-csv.ts'

const HEADER = 'Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD'
const GOOD = 'HSI,1986-12-31,2568.3,2569,2567.5,2568,2568,0.0,333.87'
const GOOD_VALUE =
  '{"index":"HSI","date":"1986-12-31","open":2568.3,"high":2569,"low":2567.5,"close":2568,"adj_close":2568,"volume":0,"close_usd":333.87}'

/** Reads a text as a file, in chunks of `chunk` bytes. */
async function read(file: string | Buffer, options: Partial<CsvOptions> = {}, chunk = 1 << 16) {
  const bytes = Buffer.from(file)
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    bytes.subarray(i * chunk, (i + 1) * chunk),
  )
  const values: string[] = []
  const keys: string[] = []
  const skipped: SkippedRow[] = []
  let blank = 0
  const events = {
    rowSkipped: (row: SkippedRow) => void skipped.push(row),
    blankRow: () => blank++,
    unknownFields() {},
    fileFound() {},
  }
  for await (const batch of readCsv(
    Readable.from(chunks),
    'market.csv',
    { dateFormat: 'iso', ...options },
    events,
  )) {
    for (const { key, value } of batch) {
      keys.push(key)
      values.push(value.toString())
    }
  }
  return { values, keys, skipped, blank }
}

const problem = (file: string | Buffer, options?: Partial<CsvOptions>): Promise<Failure> =>
  read(file, options).then(
    () => expect.fail('it was read'),
    (error) => error,
  )

/** The good row with one cell changed. */
const row = (cell: number, value: string) => GOOD.split(',').with(cell, value).join(',')

describe('a bad row is skipped and reported by line, column and reason, but its neighbours are read', () => {
  test.each([
    ['a bare trailing point', row(8, '2913.'), 'CloseUSD', 'bad_number'],
    ['a bare leading point', row(2, '.5'), 'Open', 'bad_number'],
    ['NaN', row(2, 'NaN'), 'Open', 'bad_number'],
    ['Infinity', row(3, 'Infinity'), 'High', 'bad_number'],
    ['-inf', row(3, '-inf'), 'High', 'bad_number'],
    ['hex', row(4, '0x1F'), 'Low', 'bad_number'],
    ['a plus sign', row(4, '+1'), 'Low', 'bad_number'],
    ['a thousands separator', row(4, '"2,567.5"'), 'Low', 'bad_number'],
    ['a decimal comma', row(4, '"2567,5"'), 'Low', 'bad_number'],
    ['a space before a number', row(4, ' 1'), 'Low', 'bad_number'],
    ['an exponent without digits', row(4, '1e'), 'Low', 'bad_number'],
    ['a number too large for a double', row(7, '1e999'), 'Volume', 'not_finite'],
    ['a nullable number too large for a double', row(8, '-1e999'), 'CloseUSD', 'not_finite'],
    ['an empty price', row(5, ''), 'Close', 'missing_value'],
    ['null as a price', row(5, 'null'), 'Close', 'missing_value'],
    ['an empty index', row(0, ''), 'Index', 'missing_value'],
    ['null as an index', row(0, 'null'), 'Index', 'missing_value'],
    ['an empty date', row(1, ''), 'Date', 'missing_value'],
    ['a day that does not exist', row(1, '2021-02-29'), 'Date', 'bad_date'],
    ['a date with a time', row(1, '2021-02-28 00:00:00'), 'Date', 'bad_date'],
    ['a day-first date that was not requested', row(1, '31/12/1986'), 'Date', 'bad_date'],
    ['an index of 257 letters', row(0, 'x'.repeat(257)), 'Index', 'bad_text'],
    ['an index with a control character', row(0, 'H\u0001SI'), 'Index', 'bad_text'],
    ['a truncated row', 'HSI,1986-12-31,2568.3,2569,256', 'Close', 'too_few_cells'],
    ['a lone word', 'HSI', 'Date', 'too_few_cells'],
    ['a cell too many', `${GOOD},1`, '', 'too_many_cells'],
    ['a stray quotation mark', `"${GOOD}`, '', 'bad_quotes'],
    ['a quotation mark within a cell', row(0, 'H"SI'), '', 'bad_quotes'],
    ['the header again', HEADER, '', 'repeated_header'],
  ])('%s', async (_, bad, column, reason) => {
    const { values, skipped } = await read(`${HEADER}\n${GOOD}\n${bad}\n${GOOD}\n`)
    expect(skipped).toMatchObject([{ file: 'market.csv', line: 3, column, reason, text: bad }])
    expect(skipped[0]!.detail).not.toBe('')
    expect(values).toEqual([GOOD_VALUE, GOOD_VALUE])
  })

  test('an index that is not UTF-8', async () => {
    const { skipped } = await read(
      Buffer.concat([Buffer.from(`${HEADER}\n`), Buffer.from([0xff]), Buffer.from(GOOD)]),
    )
    expect(skipped).toMatchObject([{ line: 2, column: 'Index', reason: 'not_utf8' }])
  })

  test('two stray quotation marks do not swallow the rows between them', async () => {
    const { values, skipped } = await read([HEADER, `"${GOOD}`, GOOD, GOOD, `${GOOD}"`, GOOD].join('\n'))
    expect(skipped.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'bad_quotes'],
      [5, 'bad_quotes'],
    ])
    expect(values).toHaveLength(3)
  })

  test('a line longer than a mebibyte is skipped, and lines are still counted', async () => {
    const file = [HEADER, GOOD, `${GOOD}${'9'.repeat(3_000_000)}`, GOOD, row(2, 'x')].join('\n')
    const { values, skipped } = await read(file)
    expect(skipped.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'too_long'],
      [5, 'bad_number'],
    ])
    expect(values).toHaveLength(2)
  })
})

describe('unusual but valid files are read', () => {
  const same: [string, string | Buffer, Partial<CsvOptions>?][] = [
    ['in standard form', `${HEADER}\n${GOOD}\n`],
    ['without a line end after the last row', `${HEADER}\n${GOOD}`],
    ['with a byte order mark', `\ufeff${HEADER}\n${GOOD}\n`],
    ['with CRLF', `${HEADER}\r\n${GOOD}\r\n`],
    ['with CRLF and LF mixed', `${HEADER}\r\n${GOOD}\n`],
    [
      'with every cell in quotation marks',
      `${[HEADER, GOOD].map((line) => `"${line.replaceAll(',', '","')}"`).join('\r\n')}\r\n`,
    ],
    ['with an additional column', `${HEADER},Comment\n${GOOD},"split, 2:1"\n`],
    [
      'with the columns in another order',
      'CloseUSD,Volume,Adj Close,Close,Low,High,Open,Date,Index\n333.87,0.0,2568,2568,2567.5,2569,2568.3,1986-12-31,HSI\n',
    ],
    ['with exponents', `${HEADER}\n${GOOD.replace('2568.3,', '2.5683E+3,').replace('0.0', '0e0')}\n`],
    [
      'with day-first dates, as requested',
      `${HEADER}\n${row(1, '31/12/1986')}\n`,
      { dateFormat: 'day-first' },
    ],
    ['with day-first dates with points', `${HEADER}\n${row(1, '31.12.1986')}\n`, { dateFormat: 'day-first' }],
    ['without Index, with a given name', `${HEADER.slice(6)}\n${GOOD.slice(4)}\n`, { index: 'HSI' }],
  ]
  test.each(same)('a file %s', async (_, file, options) => {
    for (const chunk of [1 << 16, 7, 1]) {
      const { values, keys, skipped } = await read(file, options, chunk)
      expect({ values, keys, skipped }).toEqual({ values: [GOOD_VALUE], keys: ['HSI'], skipped: [] })
    }
  })

  test('blank rows are skipped and counted, and lines are still counted', async () => {
    const { values, skipped, blank } = await read(`\n${HEADER}\n\n\r\n${GOOD}\n\n${row(2, 'x')}\n\n`)
    expect(values).toEqual([GOOD_VALUE])
    expect(blank).toBe(5)
    expect(skipped).toMatchObject([{ line: 7 }])
  })

  test('Adj Close and CloseUSD may be null, empty, or missing as columns', async () => {
    const nulls = GOOD_VALUE.replace('"adj_close":2568', '"adj_close":null').replace('333.87', 'null')
    const cells = GOOD.split(',')
    const without = (line: string) =>
      line
        .split(',')
        .filter((_, i) => i !== 6 && i !== 8)
        .join(',')
    expect((await read(`${HEADER}\n${cells.with(6, '').with(8, 'null').join(',')}\n`)).values).toEqual([
      nulls,
    ])
    expect((await read(`${without(HEADER)}\n${without(GOOD)}\n`)).values).toEqual([nulls])
  })

  test('a day-first file must be consistent', async () => {
    const file = `${HEADER}\n${row(1, '1986-12-31')}\n${row(1, '12/31/1986')}\n`
    const { skipped } = await read(file, { dateFormat: 'day-first' })
    expect(skipped.map(({ reason }) => reason)).toEqual(['bad_date', 'bad_date'])
  })
})

describe('an unusable file is refused', () => {
  test.each([
    [
      'a missing column, with the header that was found',
      'Index,Date,Open,High,Low\n1,2\n',
      {},
      'CSV_HEADER',
      'lacks Close, Volume',
    ],
    ['only a header', `${HEADER}\n`, {}, 'CSV_EMPTY', 'no row'],
    ['a duplicate column', `${HEADER},Open\n`, {}, 'CSV_HEADER', 'Open twice'],
    ['no Index, and no given name', `${HEADER.slice(6)}\n`, {}, 'CSV_HEADER', '--index is not given'],
    [
      'no Index between semicolons',
      'Datum;Eröffnung;Hoch;Tief;Schlusskurs;Volumen\n',
      {},
      'CSV_HEADER',
      '--index is not given',
    ],
    ['an Index, and a given name too', `${HEADER}\n`, { index: 'HSI' }, 'CSV_HEADER', '--index is given too'],
    ['an empty file', '', {}, 'CSV_EMPTY', 'no header'],
    ['only blank rows', '\n\r\n', {}, 'CSV_EMPTY', 'no header'],
  ])('%s', async (_, file, options, code, message) => {
    const failure = await problem(file, options)
    expect(failure.code).toBe(code)
    expect(failure.message).toContain(message)
    if (code === 'CSV_HEADER') expect(failure.why).toContain(file.split('\n')[0])
  })
})

test('every row of the committed sample is good', async () => {
  const sample = fileURLToPath(import.meta.resolve('@ticklake/data/sample.csv'))
  const skipped: SkippedRow[] = []
  const events = {
    rowSkipped: (row: SkippedRow) => void skipped.push(row),
    blankRow() {},
    unknownFields() {},
    fileFound() {},
  }
  let rows = 0
  for await (const batch of readCsv(createReadStream(sample), sample, { dateFormat: 'iso' }, events))
    rows += batch.length
  expect({ rows, skipped }).toEqual({ rows: 250, skipped: [] })
})

test('a file of 80 MB is read in the memory of one of 10 MB', async () => {
  const lines = [...csvLines()]
  const file = Buffer.from(lines.slice(1).join(''))
  const passes = 8
  function* chunks() {
    yield Buffer.from(lines[0]!)
    for (let pass = 0; pass < passes; pass++) {
      for (let at = 0; at < file.length; at += 65_536) yield file.subarray(at, at + 65_536)
    }
  }
  const events = {
    rowSkipped: () => expect.fail('a row was skipped'),
    blankRow() {},
    unknownFields() {},
    fileFound() {},
  }
  let rows = 0
  let afterOne = 0
  let most = 0
  for await (const batch of readCsv(Readable.from(chunks()), 'big', { dateFormat: 'iso' }, events)) {
    const before = rows
    rows += batch.length
    if (before % 50_000 > rows % 50_000) most = Math.max(most, process.memoryUsage.rss())
    if (before < 2 * ROWS && rows >= 2 * ROWS) afterOne = most
  }
  expect(rows).toBe(passes * ROWS)
  expect((most - afterOne) / 2 ** 20).toBeLessThan(100)
}, 120_000)

test('a row’s source is its own cell, else the setting, else nothing', async () => {
  const file = `${HEADER},Source\n${GOOD},own\n${GOOD},\n`
  const sources = async (text: string, source?: string) =>
    (await read(text, { source })).values.map((value) => JSON.parse(value).source)
  expect(await sources(file, 'market.csv')).toEqual(['own', 'market.csv'])
  expect(await sources(file)).toEqual(['own', undefined])
  expect(await sources(`${HEADER}\n${GOOD}\n`, 'market.csv')).toEqual(['market.csv'])
  const { skipped } = await read(`${HEADER},Source\n${GOOD},${'x'.repeat(257)}\n`)
  expect(skipped).toMatchObject([{ column: 'Source', reason: 'bad_text' }])
})
