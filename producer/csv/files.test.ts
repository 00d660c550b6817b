// Market files as exporters write them: the detected format, the rows, and the report.
import { Readable } from 'node:stream'
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Failure } from '@ticklake/runtime/errors.ts'
import { describe, expect, test, vi } from 'vitest'
import type { SkippedRow } from '../message.ts'
import { parseColumns } from './columns-setting.ts'
import { type CsvOptions, readCsv } from './read-csv.ts'

// Longer files take seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

interface Read {
  readonly found: string
  /** `HSI 2021-05-31 open high low close volume`, and ` adj_close` if present. */
  readonly rows: readonly string[]
  readonly skipped: readonly SkippedRow[]
  readonly blank: number
}

type Options = Partial<Omit<CsvOptions, 'columns'>> & { readonly columns?: string }

/** Reads a file that can be read again, or (`once`) a stream that cannot. */
async function read(
  file: string | Buffer,
  options: Options = {},
  once = false,
  chunk = 1 << 16,
): Promise<Read> {
  const bytes = Buffer.from(file)
  const open = () => {
    const count = Math.ceil(bytes.length / chunk)
    return Readable.from(Array.from({ length: count }, (_, i) => bytes.subarray(i * chunk, (i + 1) * chunk)))
  }
  let found = ''
  let blank = 0
  const rows: string[] = []
  const skipped: SkippedRow[] = []
  const events = {
    fileFound: (message: string) => {
      found = message
    },
    rowSkipped: (row: SkippedRow) => void skipped.push(row),
    blankRow: () => void blank++,
    unknownFields() {},
  }
  const { columns, ...rest } = options
  const own = columns === undefined ? {} : { columns: parseColumns(columns) }
  const batches = readCsv(once ? open() : open, 'm.csv', { dateFormat: 'auto', ...rest, ...own }, events)
  for await (const batch of batches) {
    for (const { value } of batch) {
      const { index, date, open, high, low, close, volume, adj_close } = JSON.parse(value.toString())
      const adjusted = adj_close === null ? '' : ` ${adj_close}`
      rows.push(`${index} ${date} ${open} ${high} ${low} ${close} ${volume}${adjusted}`)
    }
  }
  return { found, rows, skipped, blank }
}

const problem = (file: string | Buffer, options?: Options, once?: boolean): Promise<Failure> =>
  read(file, options, once).then(
    ({ rows }) => expect.fail(`it was read: ${rows}`),
    (error) => error,
  )

const lines = (...all: string[]) => `${all.join('\n')}\n`
const X = { index: 'X' }

/** Name, file, options, part of the report, rows. */
type Case = readonly [string, string | Buffer, Options, string, readonly string[]]

const exporters: readonly Case[] = [
  [
    'yfinance, one ticker, with its three header lines and column order',
    lines(
      'Price,Close,High,Low,Open,Volume',
      'Ticker,^HSI,^HSI,^HSI,^HSI,^HSI',
      'Date,,,,,',
      '2024-01-02,16788.55,17080.06,16737.94,17002.38,1730200000',
    ),
    {},
    'header on lines 1 to 3; Index=^HSI',
    ['^HSI 2024-01-02 17002.38 17080.06 16737.94 16788.55 1730200000'],
  ],
  [
    'yfinance, several tickers side by side, one without a value on one day',
    lines(
      'Price,Adj Close,Adj Close,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume',
      'Ticker,A,B,A,B,A,B,A,B,A,B,A,B',
      'Date,,,,,,,,,,,,',
      '2024-01-02,1,10,2,20,3,30,4,40,5,50,6,60',
      '2024-01-03,1,,2,,3,,4,,5,,6,',
    ),
    {},
    '2 symbols side by side',
    ['A 2024-01-02 5 3 4 2 6 1', 'B 2024-01-02 50 30 40 20 60 10', 'A 2024-01-03 5 3 4 2 6 1'],
  ],
  [
    'yfinance grouped by ticker',
    lines('Ticker,A,A,A,A,A', 'Price,Open,High,Low,Close,Volume', 'Date,,,,,', '2024-01-02,1,2,3,4,5'),
    {},
    'lines 1 to 3',
    ['A 2024-01-02 1 2 3 4 5'],
  ],
  [
    'older yfinance, without names of levels',
    lines(',Close,High,Low,Open,Volume', ',A,A,A,A,A', 'Date,,,,,', '2024-01-02,1,2,3,4,5'),
    {},
    'lines 1 to 3',
    ['A 2024-01-02 4 2 3 1 5'],
  ],
  [
    'a yfinance frame with the date as a column',
    lines('Date,Close,High,Low,Open,Volume', ',A,A,A,A,A', '2024-01-02,1,2,3,4,5'),
    {},
    'lines 1 to 2',
    ['A 2024-01-02 4 2 3 1 5'],
  ],
  [
    'yfinance’s history, with times in the exchange’s zone: the day as written',
    lines(
      'Date,Open,High,Low,Close,Volume,Dividends,Stock Splits',
      '2024-01-02 00:00:00-05:00,1,2,3,4,5,0.0,0.0',
    ),
    X,
    'not used: Dividends, Stock Splits; dates YYYY-MM-DD with a time',
    ['X 2024-01-02 1 2 3 4 5'],
  ],
  [
    'pandas, with its row numbers',
    lines(',Symbol,Date,Open,High,Low,Close,Volume', '0,A,2024-01-02,1,2,3,4,5', '1,B,2024-01-02,1,2,3,4,5'),
    {},
    'Index=Symbol',
    ['A 2024-01-02 1 2 3 4 5', 'B 2024-01-02 1 2 3 4 5'],
  ],
  [
    'pandas, with dates as an unnamed index',
    lines(',open,high,low,close,volume', '2024-01-02,1,2,3,4,5'),
    X,
    'Date=(no heading)',
    ['X 2024-01-02 1 2 3 4 5'],
  ],
  [
    'pandas, with row numbers called index, which are not the index',
    lines(
      'index,ticker,Date,Open,High,Low,Close,Volume',
      '0,A,2024-01-02,1,2,3,4,5',
      '1,A,2024-01-03,1,2,3,4,5',
    ),
    {},
    'Index=ticker',
    ['A 2024-01-02 1 2 3 4 5', 'A 2024-01-03 1 2 3 4 5'],
  ],
  [
    'Alpha Vantage',
    lines(
      'timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient',
      '2024-01-02,1,2,3,4,5,6,0.0,1.0',
    ),
    X,
    'Date=timestamp, Adj Close=adjusted_close',
    ['X 2024-01-02 1 2 3 4 6 5'],
  ],
  [
    'Alpha Vantage’s JSON as a table',
    lines('date,1. open,2. high,3. low,4. close,5. volume', '2024-01-02,1,2,3,4,5'),
    X,
    'dates YYYY-MM-DD',
    ['X 2024-01-02 1 2 3 4 5'],
  ],
  [
    'Stooq’s bulk files',
    lines(
      '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>',
      '^HSI,D,20240102,000000,1,2,3,4,5,0',
    ),
    {},
    'dates YYYYMMDD',
    ['^HSI 2024-01-02 1 2 3 4 5'],
  ],
  [
    'Stooq in Polish',
    lines('Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen', '2024-01-02,1,2,3,4,5'),
    X,
    'Date=Data',
    ['X 2024-01-02 1 2 3 4 5'],
  ],
  [
    'Nasdaq: month first, dollars',
    lines(
      'Date,Close/Last,Volume,Open,High,Low',
      '01/31/2024,$184.40,55467800,$187.04,$187.095,$184.35',
      '01/02/2024,$9.5,1,$9,$10,$8',
    ),
    X,
    'dates month-first (line 2 has "01/31/2024"); Open, High, Low, Close/Last in $',
    ['X 2024-01-31 187.04 187.095 184.35 184.4 55467800', 'X 2024-01-02 9 10 8 9.5 1'],
  ],
  [
    'NSE’s bhavcopy, with a comma at the end of each line',
    lines(
      'SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,TOTALTRADES,ISIN,',
      'TCS,EQ,1,2,3,4,9,9,5,9,31-MAY-2021,9,INE467B01029,',
    ),
    {},
    'Index=SYMBOL, Date=TIMESTAMP, Volume=TOTTRDQTY',
    ['TCS 2021-05-31 1 2 3 4 5'],
  ],
  [
    'a separator at the end of the rows but not of the header: their dates and numbers are examined too',
    lines('Symbol;Date;Open;High;Low;Close;Volume', 'A;31/05/2021;1,5;2;3;4;5;', 'A;03/04/2021;1;2;3;4;5;'),
    {},
    'dates day-first (line 2 has "31/05/2021"); decimal commas',
    ['A 2021-05-31 1.5 2 3 4 5', 'A 2021-04-03 1 2 3 4 5'],
  ],
  [
    'separators at the end of the header but not of the rows',
    lines('Symbol,Date,Open,High,Low,Close,Volume,,', 'A,2021-05-31,1,2,3,4,5', 'A,2021-06-01,1,2,3,4,5,'),
    {},
    'Index=Symbol',
    ['A 2021-05-31 1 2 3 4 5', 'A 2021-06-01 1 2 3 4 5'],
  ],
  [
    'NSE’s full bhavcopy, with a blank after each comma',
    lines(
      'SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, CLOSE_PRICE, AVG_PRICE, TTL_TRD_QNTY, DELIV_PER',
      'TCS, EQ, 01-Apr-2025, 9, 1, 2, 3, 9, 4, 9, 5, -',
    ),
    {},
    'Close=CLOSE_PRICE',
    ['TCS 2025-04-01 1 2 3 4 5'],
  ],
  [
    'NSE’s bhavcopy since 2024',
    lines(
      'TradDt,BizDt,Sgmt,Src,TckrSymb,SctySrs,FinInstrmNm,OpnPric,HghPric,LwPric,ClsPric,LastPric,PrvsClsgPric,TtlTradgVol',
      '2025-04-01,2025-04-01,CM,NSE,TCS,EQ,TATA,1,2,3,4,9,9,5',
    ),
    {},
    'Index=TckrSymb, Date=TradDt',
    ['TCS 2025-04-01 1 2 3 4 5'],
  ],
  [
    'NSE’s indices',
    lines(
      'Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index Value,Points Change,Change(%),Volume,Turnover (Rs. Cr.)',
      'Nifty 50,31-05-2021,1,2,3,4,-9,-.4,5,9',
    ),
    {},
    'Index=Index Name, Date=Index Date',
    ['Nifty 50 2021-05-31 1 2 3 4 5'],
  ],
  [
    'NSE’s history of an index, with lakhs and crores',
    lines(
      '"Date ","Open ","High ","Low ","Close ","Shares Traded ","Turnover (₹ Cr)"',
      '"01-APR-2025","23,341.10","23,565.15","23,136.40","23,165.70","12,34,56,789","9"',
    ),
    X,
    'Volume=Shares Traded',
    ['X 2025-04-01 23341.1 23565.15 23136.4 23165.7 123456789'],
  ],
  [
    'investing.com',
    lines(
      '"Date","Price","Open","High","Low","Vol.","Change %"',
      '"05/31/2021","29,151.80","29,050.00","29,200.10","28,900.00","1.94B","0.09%"',
      '"05/03/2021","999.41","1,000.00","1,001.00","998.00","51.34M","-0.04%"',
    ),
    X,
    'Close=Price, Volume=Vol.',
    ['X 2021-05-31 29050 29200.1 28900 29151.8 1940000000', 'X 2021-05-03 1000 1001 998 999.41 51340000'],
  ],
  [
    'investing.com in German',
    lines(
      '"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"',
      '"28.06.2024","18.235,45","18.234,00","18.318,00","18.185,26","55,34M","0,14%"',
    ),
    X,
    'decimal commas',
    ['X 2024-06-28 18234 18318 18185.26 18235.45 55340000'],
  ],
  [
    'a broker in German, with a comma as the decimal mark and points between thousands',
    lines(
      'Index;Datum;Erster;Hoch;Tief;Schluss;Stuecke;Volumen',
      'DAX;14.05.2021;1.234,56;1.240,00;1.230,10;1.235,00;1.000.000;9,5',
    ),
    {},
    'Close=Schluss, Volume=Stuecke; not used: Volumen',
    ['DAX 2021-05-14 1234.56 1240 1230.1 1235 1000000'],
  ],
  [
    'investing.com in French',
    lines(
      '"Date","Dernier","Ouv."," Plus Haut","Plus Bas","Vol.","Variation %"',
      '"31/05/2021","6.447,17","6.479,42","6.491,77","6.440,72","53,18M","-0,57%"',
    ),
    X,
    'Open=Ouv., High=Plus Haut, Low=Plus Bas, Close=Dernier',
    ['X 2021-05-31 6479.42 6491.77 6440.72 6447.17 53180000'],
  ],
  [
    'akshare',
    lines('日期,股票代码,开盘,收盘,最高,最低,成交量,成交额', '2021-05-31,600519,1,4,2,3,5,9'),
    {},
    'Index=股票代码, Date=日期',
    ['600519 2021-05-31 1 2 3 4 5'],
  ],
  [
    'a table copied from Yahoo',
    lines(
      'Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume',
      'May 31, 2021\t1\t2\t3\t4\t5\t6,000',
      'May 28, 2021\t1\t2\t3\t4\t5\t1,000',
    ),
    { ...X, decimal: 'point' },
    'separated by tabs',
    ['X 2021-05-31 1 2 3 4 6000 5', 'X 2021-05-28 1 2 3 4 1000 5'],
  ],
  [
    'the S&P 500 of Kaggle',
    lines('date,open,high,low,close,volume,Name', '2013-02-08,1,2,3,4,5,AAL'),
    {},
    'Index=Name',
    ['AAL 2013-02-08 1 2 3 4 5'],
  ],
  [
    'a crypto exchange’s file with its maker’s address on the first line',
    lines(
      'https://www.CryptoDataDownload.com',
      'unix,date,symbol,open,high,low,close,Volume BTC',
      '1620000000000,2021-05-03 00:00:00,BTC/USD,1,2,3,4,5',
    ),
    {},
    'header on line 2 after 1 line of other text',
    ['BTC/USD 2021-05-03 1 2 3 4 5'],
  ],
]

test.each(exporters)('%s', async (_, file, options, found, rows) => {
  const once = await read(file, options, true, 7)
  const again = await read(file, options)
  expect(again).toEqual(once)
  expect(again.rows).toEqual(rows)
  expect(again.found).toContain(found)
})

const HEAD = 'Date,Open,High,Low,Close,Volume'
const ROW = '2021-05-31,1.5,2,0.5,1,10'
const TICK = ['X 2021-05-31 1.5 2 0.5 1 10']
const PLAIN = lines(HEAD, ROW)
const BOM = '\ufeff'
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

describe('bytes', () => {
  test.each([
    ['UTF-16 with a byte order mark', Buffer.from(BOM + PLAIN, 'utf16le'), 'UTF-16 LE with a BOM'],
    ['UTF-16 the other way', utf16be(BOM + PLAIN), 'UTF-16 BE with a BOM'],
    ['UTF-16 without a mark', Buffer.from(PLAIN, 'utf16le'), 'UTF-16 LE'],
    ['UTF-16 the other way without a mark', utf16be(PLAIN), 'UTF-16 BE'],
    ['a byte order mark', BOM + PLAIN, 'UTF-8 with a BOM'],
    ['two byte order marks', BOM + BOM + PLAIN, 'UTF-8 with 2 BOMs'],
    ['a byte order mark that was encoded twice', `ï»¿${PLAIN}`, 'UTF-8 with a BOM'],
    ['LF', PLAIN, 'LF line ends'],
    ['CRLF', PLAIN.replaceAll('\n', '\r\n'), 'CRLF line ends'],
    ['CR', PLAIN.replaceAll('\n', '\r'), 'CR line ends'],
    ['CRCRLF', PLAIN.replaceAll('\n', '\r\r\n'), 'CRCRLF line ends'],
    ['a header with LF above rows with CR', `${HEAD}\n${ROW}\r`, 'LF line ends'],
    ['a header with CR above rows with CRLF', `${HEAD}\r${ROW}\r\n`, 'line ends'],
    ['gzip', gzipSync(PLAIN), 'gzip, UTF-8'],
    ['two gzip members', Buffer.concat([gzipSync(lines(HEAD)), gzipSync(lines(ROW))]), 'gzip'],
    ['zstd', zstdCompressSync(PLAIN), 'zstd, UTF-8'],
    ['mixed line ends', `${HEAD}\r\n\r${ROW}\r\r\n`, 'CRLF line ends'],
    ['gzip in gzip', gzipSync(gzipSync(PLAIN)), 'gzip, gzip'],
    ['a .zip with one file', zipOf({ 'a/prices.csv': PLAIN }), 'zip (a/prices.csv), UTF-8'],
    ['a .zip of macOS', zipOf({ 'p.csv': PLAIN, '__MACOSX/._p.csv': 'x' }), 'zip (p.csv)'],
    ['a .zip of a folder', zipOf({ 'a/': '', 'a/p.csv': PLAIN, 'a/.DS_Store': 'x' }), 'zip (a/p.csv)'],
    [
      'UTF-16 with CR in gzip',
      gzipSync(Buffer.from(BOM + PLAIN.replaceAll('\n', '\r'), 'utf16le')),
      'gzip, UTF-16 LE',
    ],
  ])('%s', async (_, file, found) => {
    for (const chunk of [1, 5, 1 << 16]) {
      const result = await read(file, X, true, chunk)
      expect(result).toMatchObject({ rows: TICK, skipped: [] })
      expect(result.found).toContain(found)
    }
  })

  const umlaut = Buffer.from(lines('Name,Date,Open,High,Low,Close,Volume', `Börse,${ROW}`), 'latin1')

  test('Latin-1 is suggested, and read when requested', async () => {
    const { skipped } = await read(umlaut)
    expect(skipped).toMatchObject([
      { reason: 'not_utf8', detail: expect.stringContaining('--encoding latin1') },
    ])
    expect((await read(umlaut, { encoding: 'latin1' })).rows).toEqual(['Börse 2021-05-31 1.5 2 0.5 1 10'])
  })

  test('a header in an unknown encoding asks for it, and is read when it is given', async () => {
    const text = lines('コード,日付,始値,高値,安値,終値,出来高', '7203,2021/05/31,1,2,3,4,5')
    // Its bytes in Shift JIS; Node only decodes it.
    const japanese = Buffer.from(
      '8352815b83682c93fa95742c8e6e926c2c8d82926c2c88c0926c2c8f49926c2c8f6f97888d820a373230332c323032312f30352f33312c312c322c332c342c350a',
      'hex',
    )
    const failure = await problem(japanese)
    expect(failure).toMatchObject({ code: 'CSV_HEADER', message: expect.stringContaining('not UTF-8') })
    expect(failure.remedy).toContain('--encoding')
    const read1 = await read(japanese, { encoding: 'shift_jis' })
    expect(read1.rows).toEqual((await read(text)).rows)
    expect(read1.rows).toEqual(['7203 2021-05-31 1 2 3 4 5'])
  })

  test.each([
    [
      'a web page',
      '<!DOCTYPE html>\n<html><head><title>Sign in</title>',
      'a web page (HTML), titled "Sign in"',
    ],
    [
      'an error of S3',
      '<?xml version="1.0"?><Error><Message>Access Denied</Message></Error>',
      '"Access Denied"',
    ],
    ['a table of a web page', '<table><tr><td>Index</td></tr></table>', 'a web page (HTML)'],
    [
      'a web page under a comment',
      '<!-- x -->\n<!doctype html><html><title>Just a moment</title>',
      'titled "Just a moment"',
    ],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x49, 0, 0, 0]), 'text in UTF-32'],
    ['an error of an API', '{"Note": "Thank you for using our API"}', 'is JSON'],
    ['Parquet', 'PAR1\u0015\u0004', 'a Parquet file'],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'an old Excel workbook'],
    ['a new workbook', zipOf({ 'xl/workbook.xml': '<x/>' }), 'an Excel workbook (.xlsx)'],
    ['an SQLite database', 'SQLite format 3\u0000', 'an SQLite database'],
    ['noise', Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 7) % 32)), 'a binary file'],
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:00',
      'a Git LFS pointer',
    ],
    ['a .zip with two files', zipOf({ 'a.csv': PLAIN, 'b.csv': PLAIN }), 'a .zip with 2 files'],
  ])('%s is identified', async (_, file, message) => {
    const failure = await problem(file)
    expect(failure.code).toBe('SOURCE_KIND')
    expect(failure.message).toContain(message)
  })

  test.each([
    ['gzip', gzipSync(PLAIN.repeat(50)).subarray(0, 40)],
    ['zip', zipOf({ 'a.csv': PLAIN }).subarray(0, 60)],
  ])('a truncated %s file is an error', async (_, file) => {
    expect(await problem(file, X)).toMatchObject({ code: 'SOURCE_UNREADABLE' })
  })
})

describe('dates', () => {
  const dated = (...dates: string[]) =>
    lines(HEAD, ...dates.map((date) => (date.includes(',') ? `"${date}",1,2,3,4,5` : `${date},1,2,3,4,5`)))
  const days = async (dates: string[], options: Options = {}, once = false) =>
    (await read(dated(...dates), { ...X, ...options }, once)).rows.map((row) => row.split(' ')[1])

  test.each([
    ['ISO with a time', ['2021-05-31 09:30:00']],
    ['ISO with T, a fraction and a zone: the day as written', ['2021-05-31T23:30:00.123+05:30']],
    ['ISO in UTC', ['2021-05-31T23:30:00Z']],
    ['compact', ['20210531']],
    ['year first, with slashes', ['2021/5/31']],
    ['year first, with points', ['2021.05.31']],
    ['the name of the month', ['31-May-2021']],
    ['its long name', ['31 May 2021']],
    ['its name first', ['May 31, 2021']],
    ['a weekday before it', ['Mon, 31 May 2021']],
    ['day first, with a time', ['31/05/2021 16:00:00']],
    ['month first, with a time of the twelve-hour clock', ['5/31/2021 4:00 PM']],
    ['day first, with points', ['31.05.2021']],
    ['day first, with hyphens', ['31-05-2021']],
    ['a day with its ending', ['31st May 2021']],
    ['the day of an ISO week', ['2021-W22-1']],
    ['the day of an ISO week, compact', ['2021W221']],
    ['the day of the year', ['2021-151']],
    ['year, month and day in Chinese or Japanese', ['2021年5月31日']],
    ['the same in Korean', ['2021년 5월 31일']],
    ['year first, with blanks and a last point', ['2021. 05. 31.']],
    ['Arabic digits', ['٢٠٢١-٠٥-٣١']],
    ['full-width digits', ['２０２１／０５／３１']],
    ['two blanks before a time', ['20210531  09:30:00']],
    ['ISO without hyphens', ['20210531T093000Z']],
    ['ISO in small letters', ['2021-05-31t09:30:00z']],
  ])('%s', async (_, dates) => {
    expect(await days(dates)).toEqual(['2021-05-31'])
    expect(await days(dates, {}, true)).toEqual(['2021-05-31'])
  })

  test.each([
    [
      'a time with a zone',
      ['2021-05-31 09:30:00-04:00', '2021-05-31T00:00:00+0530'],
      'auto',
      ['2021-05-31 13:30:00.000', '2021-05-30 18:30:00.000'],
    ],
    ['a time in UTC', ['2021-05-31 09:30:00.5 UTC'], 'auto', ['2021-05-31 09:30:00.500']],
    ['a time without a zone: the instant is unknown', ['2021-05-31 09:30:00'], 'auto', [undefined]],
    [
      'midnight in each row: these are days',
      ['2021-05-31 00:00:00-04:00', '2021-06-01T00:00:00-04:00'],
      'auto',
      [undefined, undefined],
    ],
    ['seconds since 1970', ['1622453400'], 'epoch', ['2021-05-31 09:30:00.000']],
    ['nanoseconds since 1970', ['1622453400123456789'], 'epoch', ['2021-05-31 09:30:00.123']],
    ['microseconds since 1970', ['1622453400123456'], 'epoch', ['2021-05-31 09:30:00.123']],
  ] as const)('%s gives the time of the trade', async (_, cells, dateFormat, times) => {
    const found: unknown[] = []
    const events = { fileFound() {}, rowSkipped: () => expect.fail(), blankRow() {}, unknownFields() {} }
    const bytes = Readable.from([Buffer.from(dated(...cells))])
    for await (const batch of readCsv(bytes, 'm.csv', { ...X, dateFormat }, events)) {
      for (const { value } of batch) found.push(JSON.parse(value.toString()).traded_at)
    }
    expect(found).toEqual(times)
  })

  test.each([
    ['a column of times', 'Date,Time', ['2021-05-28,09:30', '2021-01-29,16:00:00.5']],
    ['a column of bare digits', '<DATE>,<TIME>', ['20210528,093000', '20210129,160000.5']],
    ['times in the dates', 'Date', ['28/05/2021 9:30 AM', '29/01/2021 4:00:00.5 PM']],
    ['letters that mean several zones', 'Date', ['2021-05-28 09:30 EST', '2021-01-29 16:00:00.5 EST']],
  ])('%s without a zone: traded_at is empty unless --time-zone is given', async (_, heading, cells) => {
    const file = lines(
      `Symbol,${heading},Open,High,Low,Close,Volume`,
      ...cells.map((cell) => `A,${cell},1,2,3,4,5`),
    )
    const times = async (options: Options) => {
      let found = ''
      const all: unknown[] = []
      const events = {
        fileFound: (line: string) => {
          found = line
        },
        rowSkipped: () => expect.fail(),
        blankRow() {},
        unknownFields() {},
      }
      const { columns: _, ...rest } = options
      for await (const batch of readCsv(
        Readable.from([Buffer.from(file)]),
        'm.csv',
        { dateFormat: 'auto', ...rest },
        events,
      )) {
        for (const { value } of batch) all.push(JSON.parse(value.toString()).traded_at)
      }
      return { found, all }
    }
    const without = await times({})
    expect(without.all).toEqual([undefined, undefined])
    expect(without.found).toMatch(/have no zone, so only the days are read \(--time-zone NAME/)
    const within = await times({ timeZone: 'America/New_York' })
    expect(within.all).toEqual(['2021-05-28 13:30:00.000', '2021-01-29 21:00:00.500'])
    expect(within.found).toMatch(/traded_at from .* in America\/New_York/)
  })

  test('an invalid time of day makes its row bad', async () => {
    const file = lines('Symbol,Date,Time,Open,High,Low,Close,Volume', 'A,2021-05-28,25:30,1,2,3,4,5')
    const { skipped } = await read(file, { timeZone: 'UTC' })
    expect(skipped).toMatchObject([{ line: 2, column: 'Time', reason: 'bad_timestamp' }])
  })

  test('days in several unambiguous formats are read', async () => {
    expect(await days(['2021-05-31', '2021-06-01 00:00:00', '2-Jun-2021', '20210603', '2021/6/4'])).toEqual([
      ...['2021-05-31', '2021-06-01', '2021-06-02', '2021-06-03', '2021-06-04'],
    ])
    const { skipped } = await read(dated('2021-05-31', '2021-06-01', '2021-06-02 09:30:00'), X)
    expect(skipped, 'a time of day is not lost').toMatchObject([{ line: 4, reason: 'bad_date' }])
    const strict = await read(dated('2021-05-31', '2-Jun-2021'), { ...X, dateFormat: 'iso' })
    expect(strict.skipped).toMatchObject([{ line: 3, reason: 'bad_date' }])
  })

  test('one cell of the column decides the order of day and month for all cells before it', async () => {
    const many = Array.from({ length: 3_500 }, (_, i) => `0${(i % 9) + 1}/0${(i % 3) + 1}/2021`)
    for (const once of [false, true]) {
      const [first, ...rest] = await days([...many, '13/01/2021'], {}, once)
      expect([first, rest.at(-1)]).toEqual(['2021-01-01', '2021-01-13'])
      const months = await days([...many, '01/13/2021'], {}, once)
      expect([months[1], months[4]]).toEqual(['2021-02-02', '2021-05-02'])
    }
  })

  test('a column that never decides it is refused, and read when the order is given', async () => {
    const failure = await problem(dated('03/04/2021', '04/04/2021'), X)
    expect(failure).toMatchObject({
      code: 'CSV_DATES',
      why: expect.stringContaining('line 2 has "03/04/2021"'),
    })
    expect(failure.remedy).toContain('--date-format day-first')
    expect(await days(['03/04/2021'], { dateFormat: 'day-first' })).toEqual(['2021-04-03'])
    expect(await days(['03/04/2021'], { dateFormat: 'month-first' })).toEqual(['2021-03-04'])
    expect(await days(['04/04/2021']), 'the same day in both').toEqual(['2021-04-04'])
  })

  test('a wrong --date-format is found before a row is sent', async () => {
    for (const once of [false, true]) {
      const failure = await problem(
        dated('03/04/2021', '05/31/2021'),
        { ...X, dateFormat: 'day-first' },
        once,
      )
      expect(failure).toMatchObject({
        code: 'CSV_DATES',
        message: expect.stringContaining('are not day-first'),
      })
    }
    const cut = lines(HEAD, '03/04/2021,1,2,3,4,5,', '05/31/2021,1,2,3,4,5,')
    const trailing = await problem(cut, { ...X, dateFormat: 'day-first' })
    expect(trailing, 'also in rows with a trailing separator').toMatchObject({ code: 'CSV_DATES' })
    const mixed = await problem(dated('31/05/2021', '03/04/2021', '05/31/2021'), X)
    expect(mixed).toMatchObject({ code: 'CSV_DATES', message: expect.stringContaining('both orders') })
    expect(mixed.why).toContain('line 2 has "31/05/2021", line 4 has "05/31/2021"')
  })

  test.each([
    ['Excel serials', '44347', 'Excel serial numbers', 'excel'],
    ['seconds since 1970', '1622419200', 'since 1970', 'epoch'],
    ['milliseconds since 1970', '1622419200000', 'since 1970', 'epoch'],
  ])('%s are identified, and read when requested', async (_, cell, message, dateFormat) => {
    const failure = await problem(dated(cell), X)
    expect(failure).toMatchObject({ code: 'CSV_DATES', message: expect.stringContaining(message) })
    expect(failure.remedy).toContain(`--date-format ${dateFormat}`)
    expect(await days([cell], { dateFormat: dateFormat as never })).toEqual(['2021-05-31'])
  })

  test.each([
    ['hyphens', ['2021-31-05', '2021-01-06', '2021-02-06']],
    ['slashes', ['2021/31/05', '2021/01/06']],
    ['no separator', ['20213105', '20210106']],
    ['a time', ['2021-31-05 00:00:00', '2021-01-06 00:00:00']],
    ['also with rows in the usual order', ['2021-05-31', '2021-31-05', '2021-01-06']],
  ])('year, day, month is refused: %s', async (_, cells) => {
    for (const dateFormat of ['auto', 'iso'] as const) {
      const failure = await problem(dated(...cells), { ...X, dateFormat })
      expect(failure).toMatchObject({ code: 'CSV_DATES', remedy: 'export the dates as YYYY-MM-DD' })
    }
  })

  test('one typo among many dates makes only its row bad', async () => {
    const many = Array.from({ length: 18 }, (_, i) => `2021-05-${13 + i}`)
    const { rows, skipped } = await read(dated(...many, '2021-13-05'), X)
    expect(rows).toHaveLength(18)
    expect(skipped).toMatchObject([{ line: 20, reason: 'bad_date' }])
  })

  test('a weekday that looks like a month is not one, and an unknown month makes its row bad', async () => {
    const { rows, skipped } = await read(dated('mar 1 jun 2021', 'mar 1 juin 2021'), X)
    expect(rows).toMatchObject([expect.stringContaining('2021-06-01')])
    expect(skipped).toMatchObject([{ line: 3, detail: expect.stringContaining('English name of its month') }])
  })

  test('a time without a zone in a column with zones makes its row bad', async () => {
    const { rows, skipped } = await read(
      dated('2021-05-31 09:30:00-04:00', '2021-05-31 09:31:00-04:00', '2021-05-31 09:32:00'),
      X,
    )
    expect(rows).toHaveLength(2)
    expect(skipped).toMatchObject([{ line: 4, reason: 'bad_timestamp', column: 'Date' }])
  })

  test('two-digit years are refused', async () => {
    expect(await problem(dated('31/05/21'), X)).toMatchObject({ code: 'CSV_DATES' })
    expect(await problem(dated('1-Apr-21'), X)).toMatchObject({ code: 'CSV_DATES' })
  })

  test('years of two digits are read where the order is said, as the last that is not in the future', async () => {
    expect(await days(['31/05/21', '01/02/87', '1-Apr-21'], { dateFormat: 'day-first' })).toEqual([
      ...['2021-05-31', '1987-02-01', '2021-04-01'],
    ])
    expect(await days(['05/31/21'], { dateFormat: 'month-first' })).toEqual(['2021-05-31'])
    // Among years of four digits they are a slip.
    expect(await days(['31/05/2021', '30/05/21'])).toEqual(['2021-05-31'])
  })

  test('Excel counts from 1900 or from 1904, and which of them must be said', async () => {
    const { remedy } = await problem(dated('44347'), X)
    expect(remedy).toContain('--date-format excel reads that as 2021-05-31')
    expect(remedy).toContain('--date-format excel-1904 as 2025-06-01')
    expect(await days(['44347'], { dateFormat: 'excel' })).toEqual(['2021-05-31'])
    expect(await days(['42885'], { dateFormat: 'excel-1904' })).toEqual(['2021-05-31'])
  })

  test('years of other calendars are no years of a market', async () => {
    for (const date of ['31/05/2564', '1442-10-19', '٠٠٠١-٠١-٠١']) {
      const { rows, skipped } = await read(dated(date), X)
      expect([rows, skipped]).toMatchObject([[], [{ reason: 'bad_date' }]])
      expect(skipped[0]!.detail).toContain('no year of a market')
    }
  })

  test('a week or a day that the year has not is none', async () => {
    expect(
      await days(['2020-W53-5', '2021-W53-1', '2021-W00-1', '2021-365', '2021-366', '2020-366']),
    ).toEqual([...['2021-01-01', '2021-12-31', '2020-12-31']])
  })

  test('a date unlike its column is skipped, and its format is reported', async () => {
    const { skipped, rows } = await read(dated('2021-05-31', '2021-06-01', '31/05/2021'), X)
    expect(rows).toHaveLength(2)
    expect(skipped).toMatchObject([
      { line: 4, reason: 'bad_date', detail: expect.stringContaining('DD/MM/YYYY') },
    ])
  })
})

describe('numbers', () => {
  const priced = (separator: string, ...prices: string[]) =>
    lines(
      HEAD.replaceAll(',', separator),
      ...prices.map(
        (price) => `2021-05-31${separator}1${separator}2${separator}3${separator}"${price}"${separator}5`,
      ),
    )
  const closes = async (prices: string[], options: Options = {}, separator = ',') =>
    (await read(priced(separator, ...prices), { ...X, ...options })).rows.map((row) =>
      Number(row.split(' ')[5]),
    )

  test.each([
    ['thousands', ['1,234,567.5', '999'], [1234567.5, 999]],
    ['thousands of lakhs', ['12,34,567.5', '1,234.5'], [1234567.5, 1234.5]],
    ['thousands of points', ['1.234.567,5', '999'], [1234567.5, 999]],
    ['thousands of blanks', ['1 234,5', '12 345,5'], [1234.5, 12345.5]],
    ['thousands of narrow blanks', ['1\u202f234,5'], [1234.5]],
    ['thousands of apostrophes', ["1'234.5"], [1234.5]],
    ['decimal commas', ['1,5', '-0,25'], [1.5, -0.25]],
    ['currency before', ['$1.5', '-$2', '$-3'], [1.5, -2, -3]],
    ['currency behind', ['1,50 €', '2,00 €'], [1.5, 2]],
    ['rupees', ['₹1,234.50', '₹2.5'], [1234.5, 2.5]],
    ['percent', ['4.25%', '-1%'], [0.0425, -0.01]],
    ['suffixes', ['51.34M', '1.2B', '900K', '0'], [51340000, 1200000000, 900000, 0]],
    ['brackets', ['(1.5)', '2'], [-1.5, 2]],
    ['a trailing point', ['2913.', '17.'], [2913, 17]],
    ['blanks around', [' 1.5', ' 2 '], [1.5, 2]],
    ['exponents', ['1.5E+3', '2e-1'], [1500, 0.2]],
    ['plus signs', ['+1.5', '-2', '0', '+3'], [1.5, -2, 0, 3]],
    ['the minus sign of typographers', ['\u22121.5', '2'], [-1.5, 2]],
    ['a minus sign behind', ['1.5-', '2', '-3'], [-1.5, 2, -3]],
    ['a point before', ['.5', '-.25', '0'], [0.5, -0.25, 0]],
    ['thousands of thin blanks', ['1\u2009234.5', '2\u2009345'], [1234.5, 2345]],
    ['Arabic digits', ['١٬٢٣٤٫٥', '٢٬٣٤٥٫٥'], [1234.5, 2345.5]],
    ['full-width digits', ['１．５', '－２'], [1.5, -2]],
    ['units of ten thousand', ['3.5万', '1.2亿', '0'], [35000, 120000000, 0]],
    ['longer units', ['51.34 Mio.', '1.2bn', '3 Mrd.'], [51340000, 1200000000, 3000000000]],
  ])('%s', async (_, prices, numbers) => {
    expect(await closes(prices)).toEqual(numbers)
    expect(await closes(prices, {}, ';')).toEqual(numbers)
  })

  test.each([
    ['a currency', ['1', '2', '$3'], 'has \\$, unlike'],
    ['none', ['$1', '$2', '3'], 'has no \\$, unlike'],
    ['another currency', ['$1', '$2', '€3'], 'has €, unlike'],
    ['percent', ['1', '2', '3%'], 'has percent sign'],
    ['a suffix', ['1', '2', '3M'], 'has suffix'],
    ['thousands', ['1000.5', '2000.5', '3,000.5'], 'is not a number|between thousands'],
    ['no thousands', ['1,000.5', '2,000.5', '3000.5'], 'nothing between thousands'],
    ['brackets', ['-1', '2', '(3)'], 'has brackets'],
    ['a trailing point', ['1.5', '2.5', '3.'], 'ends in a point'],
    ['a decimal comma', ['1.5', '2.5', '3,5'], 'is not a number'],
    ['a plus sign', ['1', '2', '+3'], 'has plus sign'],
    ['a leading point', ['1.5', '2.5', '.5'], 'begins with a point'],
    ['the other marks', ['1,234.50', '2,345.50', '1.234,50'], 'elsewhere than between thousands'],
    ['a zero before its thousands', ['1,234.50', '2,345.50', '0,125'], 'elsewhere than between thousands'],
    ['a group of two digits', ['1,234.50', '2,345.50', '12,34.50'], 'elsewhere than between thousands'],
  ])('one cell with %s in a column without is skipped', async (_, prices, message) => {
    const { rows, skipped } = await read(priced(',', ...prices), X)
    expect(rows).toHaveLength(2)
    expect(skipped).toMatchObject([{ line: 4, reason: 'bad_number', detail: expect.stringMatching(message) }])
  })

  test('numbers that can be read in two ways are refused, and read when the mark is given', async () => {
    expect(await problem(priced(';', '1,234', '2,345'), X)).toMatchObject({ code: 'CSV_NUMBERS' })
    expect(await closes(['1,234'], { decimal: 'point' }, ';')).toEqual([1234])
    expect(await closes(['1,234'], { decimal: 'comma' }, ';')).toEqual([1.234])
    expect(await closes(['1,234', '0,5'], {}, ';'), 'another cell decides').toEqual([1.234, 0.5])
    expect((await read(lines(HEAD, '2021-05-31,1.234,2.345,1.001,1.5,1.002'), X)).rows).toHaveLength(1)
  })

  test('a typo in a column of ambiguous numbers decides nothing', async () => {
    const thousands = ['1,235', '15,432', '2,346', '123,457', '9,876']
    for (const slip of ['12,25', '1.234,50']) {
      const failure = await problem(priced(',', ...thousands, slip), X)
      expect(failure).toMatchObject({ code: 'CSV_NUMBERS', why: expect.stringContaining(slip) })
    }
    const points = thousands.map((each) => each.replace(',', '.'))
    expect(await problem(priced(';', ...points, '12.25'), X)).toMatchObject({ code: 'CSV_NUMBERS' })
    expect(await closes([...thousands, '1,234,567']), 'no slip').toHaveLength(6)
    const skipped = (await read(priced(',', ...thousands, '1.234,50'), { ...X, decimal: 'point' })).skipped
    expect(skipped).toMatchObject([{ line: 7, reason: 'bad_number' }])
  })

  test('a cell of another column decides the mark, even at the end of the file', async () => {
    const rows = Array.from({ length: 3_000 }, () => '2021-05-31;1;2;3;1,234;5')
    for (const once of [false, true]) {
      const file = lines(HEAD.replaceAll(',', ';'), ...rows, '2021-05-31;1,5;2;3;1,234;5')
      expect((await read(file, X, once)).rows[0]).toBe('X 2021-05-31 1 2 3 1.234 5')
      const other = lines(HEAD.replaceAll(',', ';'), ...rows, '2021-05-31;1.5;2;3;1,234;5')
      expect((await read(other, X, once)).rows[0]).toBe('X 2021-05-31 1 2 3 1234 5')
    }
  })

  test('cells that are formulas for a spreadsheet are read', async () => {
    const row = '="2021-05-31",="1.5",="2",="0.5",="1",="10"'
    expect((await read(lines(HEAD, row), X)).rows).toEqual(TICK)
  })

  test('words for a missing value are null where null is allowed, and make the row bad elsewhere', async () => {
    for (const word of ['NA', 'N/A', 'NaN', 'null', 'None', '-', '.', 'n/a', '#N/A', ' ']) {
      const header = `${HEAD},Adj Close`
      const { rows, skipped } = await read(lines(header, `${ROW},${word}`, `2021-06-01,1,2,3,4,${word},5`), X)
      expect(rows, word).toEqual(TICK)
      expect(skipped, word).toMatchObject([{ line: 3, column: 'Volume' }])
    }
  })

  test('stocks named NA and None are kept', async () => {
    const { rows } = await read(lines(`Symbol,${HEAD}`, `NA,${ROW}`, ` None ,${ROW}`))
    expect(rows).toEqual(['NA 2021-05-31 1.5 2 0.5 1 10', 'None 2021-05-31 1.5 2 0.5 1 10'])
  })
})

describe('headers', () => {
  test.each([
    [
      'case, blanks and underscores',
      ' INDEX , date,OPEN,High,low,CLOSE,volume,adj_close,Close_USD',
      'HSI,2021-05-31,1,2,3,4,5,6,7',
      'HSI 2021-05-31 1 2 3 4 5 6',
    ],
    [
      'the name itself before an alias of it',
      'Symbol,Date,Open,High,Low,Price,Close,Volume',
      'A,2021-05-31,1,2,3,9,4,5',
      'A 2021-05-31 1 2 3 4 5',
    ],
  ])('%s', async (_, header, row, tick) => {
    expect((await read(lines(header, row))).rows).toEqual([tick])
  })

  test.each<readonly [string, string, string, string]>([
    [
      'two names',
      `Symbol,Name,${HEAD}`,
      'could be Index: Symbol and Name',
      `'Index=Symbol' or --columns 'Index=Name'`,
    ],
    ['an index and a stock', `Index,Symbol,${HEAD}`, 'could be Index: Index and Symbol', 'Index=Index'],
    [
      'two prices',
      'Symbol,Date,Open,High,Low,Price,Close/Last,Volume',
      'could be Close: Price and Close/Last',
      'Close=Price',
    ],
    [
      'two volumes',
      'Symbol,Date,Open,High,Low,Close,Volume_(BTC),Volume_(Currency)',
      'could be Volume',
      'Volume=Volume_(BTC)',
    ],
    ['two of one name', `Symbol,${HEAD},close`, 'could be Close: Close and close', 'Close=close'],
    ...[
      'Volume (000s)',
      'Volume in millions',
      'Volume (lakhs)',
      'Volume USD',
      'Volume (lots)',
      'Volume ($)',
      'Volume K',
    ].map((heading): [string, string, string, string] => [
      heading,
      `Symbol,Date,Open,High,Low,Close,${heading}`,
      `column ${heading} may count in thousands`,
      `'Volume=${heading}'`,
    ]),
    ['no volume', 'Symbol,Date,Open,High,Low,Close', 'lacks Volume', `'Volume=0'`],
    [
      'no prices but the last',
      'Symbol,Date,Close',
      'lacks Open, High, Low',
      `'Open=Close,High=Close,Low=Close,Volume=0'`,
    ],
    [
      'one price missing',
      'Symbol,Date,Open,High,Low,Last,Volume',
      'lacks Close',
      `--columns 'Close=HEADING'; its`,
    ],
    [
      'a language that is not known',
      'Symbol;Päivä;Avaus;Ylin;Alin;Päätös;Vaihto',
      'lacks Date, Open, High, Low, Close, Volume',
      `'Date=HEADING,Open=HEADING,`,
    ],
    ['no header', '2021-05-31,1,2,3,4,5', 'lacks Date, Open', 'give it a header'],
    ['a sentence', 'Too many requests', 'none of its first lines is a header', 'a server’s message'],
    ['a sentence with a comma', 'Not found: no data, sorry', 'none of its first lines', 'a server’s message'],
    [
      'columns that nothing known separates',
      HEAD.replaceAll(',', '^'),
      'none of its first lines',
      'semicolons',
    ],
  ])('%s: it asks', async (_, header, message, remedy) => {
    const separator = header.includes(';') ? ';' : ','
    const row = header.split(separator).map((heading) => (heading === 'Date' ? '2021-05-31' : 'A'))
    const failure = await problem(lines(header, row.join(separator)))
    expect(failure).toMatchObject({ code: 'CSV_HEADER', message: expect.stringContaining(message) })
    expect(failure.remedy).toContain(remedy)
  })

  test('--columns names the rest', async () => {
    const file = lines('Symbol,Name,Tag,Erster,High,Low,Last,"Amount, total"', 'A,a,2021-05-31,1,2,3,4,5')
    const columns = 'Index=Symbol,Date=Tag,Open=Erster,close=LAST,"Volume=Amount, total"'
    expect((await read(file, { columns })).rows).toEqual(['A 2021-05-31 1 2 3 4 5'])
    expect(
      (await read(file, { columns: columns.replace('"Volume=Amount, total"', 'Volume=0') })).rows,
    ).toEqual(['A 2021-05-31 1 2 3 4 0'])
    expect(await problem(file, { columns: 'Index=Nope' })).toMatchObject({
      code: 'CSV_HEADER',
      message: expect.stringContaining('names Nope, which it does not have'),
    })
    for (const bad of ['Close', 'Clsoe=Price', 'Close=', 'Close=a,Close=b', '"Close=a']) {
      expect(() => parseColumns(bad), bad).toThrow(/^must /)
    }
  })

  const several = ['A', 'B', 'C'].flatMap((symbol) =>
    ['2021-05-28', '2021-05-31'].map((day) => `${day},1,2,3,4,5,${symbol}`),
  )

  test('--index is refused for a file with several symbols in an unknown column', async () => {
    for (const once of [false, true]) {
      const failure = await problem(lines(`${HEAD},Papier`, ...several), X, once)
      expect(failure).toMatchObject({ code: 'CSV_SYMBOLS', why: expect.stringContaining('"A" and "B"') })
      expect(failure.remedy).toContain(`--columns 'Index=Papier'`)
    }
    const late = Array.from(
      { length: 4_000 },
      (_, i) => `${1900 + (i % 100)}-01-02,1,2,3,4,5,${i < 2_000 ? 'A' : 'B'}`,
    )
    expect(await problem(lines(`${HEAD},Papier`, ...late), X)).toMatchObject({ code: 'CSV_SYMBOLS' })
  })

  test('--index is refused for a file with one symbol after the other, on different days', async () => {
    const days = (year: number) => ['03-01', '03-02', '03-03'].map((day) => `${year}-${day}`)
    const rows = (symbol: string, year: number) => days(year).map((day) => `${day},1,2,3,4,5,${symbol}`)
    const failure = await problem(lines(`${HEAD},Papier`, ...rows('A', 2021), ...rows('B', 2020)), X)
    expect(failure).toMatchObject({
      code: 'CSV_SYMBOLS',
      why: expect.stringContaining('from line 5 on, "B"'),
    })
    const contract = lines(`${HEAD},Currency`, ...rows('DEM', 1998), ...rows('EUR', 1999))
    expect((await read(contract, X)).rows, 'days that continue').toHaveLength(6)
    const shuffled = lines(
      `${HEAD},Note`,
      ...[
        '2021-03-02,1,2,3,4,5,a',
        '2021-03-01,1,2,3,4,5,b',
        '2021-03-04,1,2,3,4,5,a',
        '2021-03-03,1,2,3,4,5,b',
      ],
    )
    expect((await read(shuffled, X)).rows, 'unordered days').toHaveLength(4)
  })

  test('--index is accepted for a file with a column of notes, or with the same word in each row', async () => {
    const notes = lines(
      `${HEAD},Note,Currency`,
      ...['', 'split', 'dividend'].map((note, i) => `2021-05-0${i + 1},1,2,3,4,5,${note},EUR`),
    )
    expect((await read(notes, X)).rows).toHaveLength(3)
  })
})

describe('rows', () => {
  test('blank rows of any kind count as blank', async () => {
    const blanks = ['', ',,,,,', ' ', ' , ,\t,,,', '"","","","","",""', ',,', ';;;;;', '||\t']
    const { rows, blank, skipped } = await read(lines(HEAD, ROW, ...blanks, ROW), X)
    expect({ rows, blank, skipped }).toEqual({ rows: [...TICK, ...TICK], blank: blanks.length, skipped: [] })
  })

  test('preambles, repeated headers and footers are reported', async () => {
    const file = lines(
      'Prices of X',
      'as of 1 June 2021,,',
      '',
      HEAD,
      ROW,
      `${BOM}${HEAD}`,
      ROW,
      'Total,1',
      'Average,,,,1.5,10',
      'Source: the exchange',
    )
    const { rows, skipped } = await read(file, X)
    expect(rows).toHaveLength(2)
    expect(skipped.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'preamble'],
      [2, 'preamble'],
      [6, 'repeated_header'],
      [8, 'footer'],
      [9, 'footer'],
      [10, 'footer'],
    ])
  })

  test('a file with a second, different header is read only up to it', async () => {
    for (const again of ['Date,Close,High,Low,Open,Volume', 'Index,Date,Open,High,Low,Close,Volume']) {
      const given: string[] = []
      const events = { fileFound() {}, rowSkipped: () => expect.fail(), blankRow() {}, unknownFields() {} }
      const file = lines(HEAD, ROW, again, '2021-06-01,9,9,9,9,9')
      const reading = async () => {
        const bytes = Readable.from([Buffer.from(file)])
        for await (const batch of readCsv(bytes, 'm.csv', { ...X, dateFormat: 'auto' }, events)) {
          given.push(...batch.map(({ value }) => JSON.parse(value.toString()).date))
        }
      }
      await expect(reading()).rejects.toMatchObject({
        code: 'CSV_HEADER',
        message: expect.stringContaining('not read beyond line 3'),
        remedy: expect.stringContaining('tail -n +3'),
      })
      expect(given).toEqual(['2021-05-31'])
    }
  })

  test('a file with only blank rows after its header has no row', async () => {
    expect(await problem(lines(HEAD, ',,,,,', ''), X)).toMatchObject({ code: 'CSV_EMPTY' })
  })

  test('a row without values for any of the symbols side by side is reported', async () => {
    const file = lines(
      'Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume',
      'Ticker,A,B,A,B,A,B,A,B,A,B',
      'Date,,,,,,,,,,',
      '2021-05-31,,,,,,,,,,',
      '2021-06-01,1,,1,,1,,1,,1,',
      ',,,,,,,,,,',
    )
    const { rows, skipped, blank } = await read(file)
    expect({ rows, blank }).toEqual({ rows: ['A 2021-06-01 1 1 1 1 1'], blank: 1 })
    expect(skipped).toMatchObject([{ line: 4, reason: 'missing_value' }])
  })

  test('an apostrophe before digits, as spreadsheets write it, is not part of an index', async () => {
    const { rows } = await read(lines(`Symbol,${HEAD}`, `'600000,${ROW}`, `O'Neil,${ROW}`))
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['600000', "O'Neil"])
  })

  test('zero-width characters around an index are not part of it', async () => {
    const { rows } = await read(lines(`Symbol,${HEAD}`, `\u200b A\ufeff,${ROW}`, `A,${ROW}`))
    expect(rows).toEqual(['A 2021-05-31 1.5 2 0.5 1 10', 'A 2021-05-31 1.5 2 0.5 1 10'])
  })

  test('lines behind no row are no footer: why none of them is a row is said', async () => {
    const { rows, skipped } = await read(lines(HEAD, "'2021-05-31','1','2','0.5','1','10'"), X)
    expect(rows).toEqual([])
    expect(skipped).toMatchObject([{ line: 2, column: 'Date', reason: 'bad_date' }])
  })

  test('a truncated last row is not a footer', async () => {
    const { skipped } = await read(lines(HEAD, ROW, '2021-06-01,1,2'), X)
    expect(skipped).toMatchObject([{ reason: 'too_few_cells', column: 'Low' }])
  })
})

/** A .zip without compression, according to its specification. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt32LE(crc32(Buffer.from(text)), 10)
    facts.writeUInt32LE(Buffer.byteLength(text), 14)
    facts.writeUInt32LE(Buffer.byteLength(text), 18)
    facts.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), facts, Buffer.from(name), Buffer.from(text)])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), facts, tail, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(central.length, 4)
  end.writeUInt16LE(central.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...locals, directory, Buffer.from('PK\u0005\u0006'), end])
}
