// Rows as table, csv, json and jsonl: every digit, NULL distinct from an empty text, constant memory.
import { Writable } from 'node:stream'
import type { Cell } from '@ticklake/aws/athena-csv.ts'
import { expect, test } from 'vitest'
import { type OutputFormat, outputFormats, type Screen, writeRows } from './output.ts'

const columns = [
  { name: 'big', type: 'bigint' },
  { name: 'text', type: 'varchar' },
  { name: 'price', type: 'double' },
]
const rows: Cell[][] = [
  ['9007199254740993', '', '1.0E20'],
  [null, null, 'NaN'],
  ['-9223372036854775808', 'a "b", c\n', '-1.5'],
]

async function written(
  format: OutputFormat,
  some: Cell[][] = rows,
  width?: number,
  more: Screen = {},
  named = columns,
): Promise<string> {
  let all = ''
  const out = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      all += chunk
      done()
    },
  })
  await writeRows(out, format, named, [some], { width, ...more })
  return all
}

test('csv: an empty field is NULL, "" an empty text', async () => {
  expect(await written('csv')).toBe(
    'big,text,price\n9007199254740993,"",1.0E20\n,,NaN\n-9223372036854775808,"a ""b"", c\n",-1.5\n',
  )
})

test('jsonl: 64-bit integers have all digits, NaN is a text, NULL is null', async () => {
  expect(await written('jsonl')).toBe(
    '{"big":9007199254740993,"text":"","price":1.0E20}\n' +
      '{"big":null,"text":null,"price":"NaN"}\n' +
      '{"big":-9223372036854775808,"text":"a \\"b\\", c\\n","price":-1.5}\n',
  )
})

test('json: one array, also when there is no row', async () => {
  expect(JSON.parse(await written('json'))).toHaveLength(3)
  expect(await written('json', [])).toBe('[]\n')
})

test('table: numbers right-aligned, NULL shown, control characters cannot control the terminal', async () => {
  expect(await written('table', [['1', '\u001b[2J', null]])).toBe(
    'big  text     price\n---  -------  -----\n  1  \\x1b[2J   NULL\n',
  )
})

test('table: without rows the columns are still shown', async () => {
  expect(await written('table', [])).toBe('big  text  price\n---  ----  -----\n')
})

test('table: no line is wider than the terminal, and truncation is marked', async () => {
  const text = await written('table', [['1', 'x'.repeat(200), '2']], 40)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40)
  expect(text).toContain('…')
  expect(await written('table', [['1', 'x'.repeat(200), '2']])).toContain('x'.repeat(200))
})

test('with a slow reader, only one batch waits in memory, however many rows there are', async () => {
  let waiting = 0
  const out = new Writable({
    decodeStrings: false,
    write(_chunk, _encoding, done) {
      waiting = Math.max(waiting, out.writableLength)
      setImmediate(done)
    },
  })
  const batch = Array.from({ length: 1_000 }, (_, i): Cell[] => [String(i), 'text', '1.5'])
  function* batches() {
    for (let i = 0; i < 200; i++) yield batch
  }
  expect(await writeRows(out, 'jsonl', columns, batches())).toBe(200_000)
  expect(waiting).toBeLessThan(100_000)
})

const hostile: Cell[][] = [['1', 'a\u001b[2J\u009b\u202e\r\u2028b', null]]
const hostileNames = columns.map((column) => ({ ...column, name: `${column.name}\u001b[31m\u009b` }))
const drives = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e]/

test.each(outputFormats)('%s to a terminal: neither a cell nor a name controls it', async (format) => {
  const text = await written(format, hostile, 80, { isTerminal: true }, hostileNames)
  expect(text).not.toMatch(drives)
  expect(text).toMatch(/x1b\[2J|u001b\[2J/)
})

test('to a file or a pipe the data is unchanged', async () => {
  expect(await written('csv', hostile)).toContain('"a\u001b[2J\u009b\u202e\r\u2028b"')
  for (const format of ['jsonl', 'json'] as const) {
    expect(await written(format, hostile)).toContain(JSON.stringify(hostile[0]![1]))
    const shown = JSON.parse(await written(format, hostile, 80, { isTerminal: true }))
    expect([shown].flat()[0].text, 'and on a terminal JSON means the same').toBe(hostile[0]![1])
  }
})

test('--safe-csv guards formulas, numbers stay, and without it nothing changes', async () => {
  const cells: Cell[][] = [['-5', '=1+1', '+3.2e4']]
  expect(await written('csv', cells, undefined, { safeCsv: true })).toBe("big,text,price\n-5,'=1+1,+3.2e4\n")
  expect(await written('csv', cells)).toBe('big,text,price\n-5,=1+1,+3.2e4\n')
})
