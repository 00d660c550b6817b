// Generated rows written in any dialect are read back unchanged, or cause a question; never as other rows.
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Failure } from '@ticklake/runtime/errors.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCsv } from './read-csv.ts'

const TIME = { timeout: 120_000 }

interface Row {
  readonly index: string
  /** Days since 1970. */
  readonly day: number
  readonly numbers: readonly number[]
  readonly adjusted: number | null
}

const day = (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10)
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const dateForms: Readonly<Record<string, (iso: string) => string>> = {
  iso: (iso) => iso,
  time: (iso) => `${iso} 00:00:00+08:00`,
  compact: (iso) => iso.replaceAll('-', ''),
  slashes: (iso) => iso.replaceAll('-', '/'),
  dayFirst: (iso) => iso.split('-').reverse().join('/'),
  dayFirstPoints: (iso) => iso.split('-').reverse().map(Number).join('.'),
  monthFirst: (iso) => `${Number(iso.slice(5, 7))}/${Number(iso.slice(8))}/${iso.slice(0, 4)}`,
  named: (iso) => `${Number(iso.slice(8))}-${months[Number(iso.slice(5, 7)) - 1]}-${iso.slice(0, 4)}`,
}

const row: fc.Arbitrary<Row> = fc.record({
  index: fc.constantFrom('^HSI', '000001.SS', 'Nifty 50', 'Börse, Wien', 'A"B', '指数', 'NA', '.5;|'),
  day: fc.integer({ min: 0, max: 20_000 }),
  numbers: fc.array(
    fc.oneof(
      fc.integer({ min: -5_000_000, max: 5_000_000_000 }),
      fc.integer({ min: -9_999_999, max: 9_999_999 }).map((n) => n / 1_000),
      fc.integer({ min: 0, max: 99_999 }).map((n) => n / 100),
    ),
    { minLength: 5, maxLength: 5 },
  ),
  adjusted: fc.option(fc.integer({ min: 1, max: 1_000_000 }).map((n) => n / 100)),
})

const dialect = fc.record({
  separator: fc.constantFrom(',', ';', '\t', '|'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r', '\r\r\n'),
  quoteAll: fc.boolean(),
  mark: fc.constantFrom('.', ','),
  grouped: fc.boolean(),
  date: fc.constantFrom(...Object.keys(dateForms)),
  missing: fc.constantFrom('', 'NA', 'null', '-', 'NaN'),
  header: fc.constantFrom(
    ['Index', 'Date', 'Open', 'High', 'Low', 'Close', 'Volume', 'Adj Close'],
    ['symbol', 'timestamp', 'open', 'high', 'low', 'close', 'volume', 'adj_close'],
    ['Ticker', ' DATE ', 'OPEN_PRICE', 'HIGH', 'LOW', 'Close/Last', 'Vol.', 'Adj. Close'],
  ),
  order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }),
  marks: fc.integer({ min: 0, max: 2 }),
  encoding: fc.constantFrom('utf-8', 'utf-16le', 'utf-16be'),
  container: fc.constantFrom('none', 'gzip', 'zstd'),
  padding: fc.constantFrom('', '\n', ' \n'),
})
type Dialect = typeof dialect extends fc.Arbitrary<infer D> ? D : never

function numberText(number: number, { mark, grouped }: Dialect): string {
  const [whole, fraction] = String(Math.abs(number)).split('.') as [string, string?]
  const groups = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, mark === '.' ? ',' : '.') : whole
  return `${number < 0 ? '-' : ''}${groups}${fraction === undefined ? '' : mark + fraction}`
}

function write(rows: readonly Row[], style: Dialect): Buffer {
  const cell = (text: string) =>
    style.quoteAll || text.includes(style.separator) || text.includes('"')
      ? `"${text.replaceAll('"', '""')}"`
      : text
  const line = (cells: readonly string[]) => style.order.map((i) => cell(cells[i]!)).join(style.separator)
  const table = [
    line(style.header),
    ...rows.map(({ index, day: days, numbers, adjusted }) =>
      line([
        index,
        dateForms[style.date]!(day(days)),
        ...numbers.map((number) => numberText(number, style)),
        adjusted === null ? style.missing : numberText(adjusted, style),
      ]),
    ),
  ]
  const text = `${'\ufeff'.repeat(style.marks)}${table.join('\n')}\n${style.padding}`.replaceAll(
    '\n',
    style.lineEnd,
  )
  const utf16 = Buffer.from(text, 'utf16le')
  const bytes = { 'utf-8': Buffer.from(text), 'utf-16le': utf16, 'utf-16be': Buffer.from(utf16).swap16() }[
    style.encoding
  ]!
  return { none: bytes, gzip: gzipSync(bytes, { level: 1 }), zstd: zstdCompressSync(bytes) }[style.container]!
}

async function read(file: Buffer): Promise<unknown[]> {
  const rows: unknown[] = []
  const events = {
    fileFound() {},
    rowSkipped: ({ detail, text }: { detail: string; text: string }) => expect.fail(`${text}: ${detail}`),
    blankRow() {},
    unknownFields() {},
  }
  for await (const batch of readCsv(() => Readable.from([file]), 'm.csv', { dateFormat: 'auto' }, events)) {
    for (const { value } of batch) {
      const { index, date, open, high, low, close, volume, adj_close } = JSON.parse(value.toString())
      rows.push([index, date, open, high, low, close, volume, adj_close])
    }
  }
  return rows
}

const expected = (rows: readonly Row[]) =>
  rows.map(({ index, day: days, numbers, adjusted }) => [index, day(days), ...numbers, adjusted])

/** A row with an unambiguous date and numbers. */
const decisive: Row = {
  index: 'X',
  day: 18_778,
  numbers: [0.5, 1234.25, 1234567.5, 0.25, 1234],
  adjusted: 0.75,
}
/** UTF-16 without a mark is recognized by its NUL bytes, which Chinese text does not have. */
const isReadable = ({ encoding, marks }: Dialect) => encoding === 'utf-8' || marks > 0

test('in any dialect the same rows are read, wherever the row is that decides the format', TIME, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 12 }),
      fc.nat(),
      dialect.filter(isReadable),
      async (others, at, style) => {
        const rows = others.toSpliced(at % (others.length + 1), 0, decisive)
        expect(await read(write(rows, style))).toEqual(expected(rows))
      },
    ),
    { numRuns: 200 },
  )
})

test('without such a row it asks, or reads the same rows', TIME, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 6 }),
      dialect.filter(isReadable),
      async (rows, style) => {
        const result = await read(write(rows, style)).catch((error: Failure) => error.code)
        if (typeof result === 'string') expect(['CSV_DATES', 'CSV_NUMBERS']).toContain(result)
        else expect(result).toEqual(expected(rows))
      },
    ),
    { numRuns: 200 },
  )
})
