import { expect, test } from 'vitest'
import { type CsvRow, csvLine, csvRows, textRows } from './result-csv.ts'

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function allOf(source: AsyncGenerator<CsvRow>): Promise<CsvRow[]> {
  const all: CsvRow[] = []
  for await (const row of source) all.push(row)
  return all
}

const rows: (string | null)[][] = [
  ['a', 'b "quoted"', ''],
  [null, '', null],
  ['line\nbreak', ',', '"'],
  ['größe 日本', '""', 'x'],
  [null, null, null],
]

test('each value is quoted, NULL is nothing, an empty text is two quotes', () => {
  expect(rows.map(csvLine).join('')).toBe(
    '"a","b ""quoted""",""\n,"",\n"line\nbreak",",",""""\n"größe 日本","""""","x"\n,,\n',
  )
})

test.each([1, 2, 3, 7, 1000])('what was written is read back, cut into chunks of %i bytes', async (size) => {
  const text = rows.map(csvLine).join('')
  const read = await allOf(csvRows(cut(text, size)))
  expect(read.map((row) => row.values)).toEqual(rows)
  expect(read.at(-1)!.endByte).toBe(Buffer.byteLength(text))
})

test('a page can begin where the one before ended', async () => {
  const text = rows.map(csvLine).join('')
  const [, second] = await allOf(csvRows(cut(text, 5)))
  const rest = Buffer.from(text).subarray(second!.endByte).toString()
  expect((await allOf(csvRows(cut(rest, 4)))).map((row) => row.values)).toEqual(rows.slice(2))
})

test('a single column of NULL and of the empty text are distinguished', async () => {
  const text = [[null], ['']].map(csvLine).join('')
  expect((await allOf(csvRows(cut(text, 1)))).map((row) => row.values)).toEqual([[null], ['']])
})

test('lines of a text are rows, and a text of 0 bytes has none', async () => {
  const read = await allOf(textRows(cut('a\n\nb\tc', 2)))
  expect(read.map((row) => row.values)).toEqual([['a'], [''], ['b\tc']])
  expect(read.map((row) => row.endByte)).toEqual([2, 3, 6])
  expect(await allOf(textRows(cut('', 2)))).toEqual([])
})
