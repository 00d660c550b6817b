import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvLine } from './result-csv.ts'
import { rowsJson } from './rows-json.ts'

type Row = readonly (string | null)[]

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** The page's rows as values, and the offset at which it ended. */
async function pageOf(
  layout: 'csv' | 'lines',
  text: string,
  { size = 1_000, cutAt = 7, heading = undefined as string[] | undefined } = {},
) {
  const { pieces, count, bytes } = await rowsJson(layout, cut(text, cutAt), size, heading)
  const rows = JSON.parse(Buffer.concat(pieces).toString()) as { Data: { VarCharValue?: string }[] }[]
  expect(rows).toHaveLength(count)
  return { rows: rows.map(({ Data }) => Data.map(({ VarCharValue = null }) => VarCharValue)), bytes }
}

const csvOf = (rows: readonly Row[]) => rows.map(csvLine).join('')

const rows: Row[] = [
  ['a', 'b "quoted"', ''],
  [null, '', null],
  ['line\nbreak', ',', '"'],
  ['größe 日本', '""', 'x'],
  [null, null, null],
]

test.each([1, 2, 3, 7, 1000])('what was written is read back, cut into chunks of %i bytes', async (cutAt) => {
  const text = csvOf(rows)
  expect(await pageOf('csv', text, { cutAt })).toEqual({ rows, bytes: Buffer.byteLength(text) })
})

test('any texts are read back, whatever they hold', async () => {
  const value = fc.option(fc.string({ unit: 'binary' }), { nil: null })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(value, { minLength: 1 })),
      fc.integer({ min: 1, max: 9 }),
      async (any, cutAt) => {
        expect((await pageOf('csv', csvOf(any), { cutAt })).rows).toEqual(any)
      },
    ),
  )
})

test('a page can begin where the one before ended', async () => {
  const text = csvOf(rows)
  const { bytes } = await pageOf('csv', text, { size: 2, cutAt: 5 })
  const rest = Buffer.from(text).subarray(bytes).toString()
  expect((await pageOf('csv', rest, { cutAt: 4 })).rows).toEqual(rows.slice(2))
})

test('a value longer than a piece of the answer is whole', async () => {
  const long = [['\u0001é'.repeat(200_000)], ['x']]
  expect((await pageOf('csv', csvOf(long), { cutAt: 1_000_000 })).rows).toEqual(long)
})

test('a last line without its newline is a row, however much of a piece it fills', async () => {
  for (let length = 65_300; length < 65_600; length++) {
    const text = 'x'.repeat(length)
    expect((await pageOf('lines', text, { cutAt: 1_000_000 })).rows, `${length}`).toEqual([[text]])
  }
})

test('a single column of NULL and of the empty text are distinguished', async () => {
  expect((await pageOf('csv', csvOf([[null], ['']]), { cutAt: 1 })).rows).toEqual([[null], ['']])
})

test('lines of a text are rows, and a text of 0 bytes has none', async () => {
  const text = 'a\n\nb\t"c"'
  expect(await pageOf('lines', text, { cutAt: 2 })).toEqual({ rows: [['a'], [''], ['b\t"c"']], bytes: 8 })
  expect((await pageOf('lines', text, { size: 2 })).bytes).toBe(3)
  expect((await pageOf('lines', '')).rows).toEqual([])
})

test('a heading counts as a row of the page', async () => {
  const heading = ['Query Plan']
  expect((await pageOf('lines', 'a\nb', { size: 2, heading })).rows).toEqual([heading, ['a']])
  expect(await pageOf('lines', 'a\nb', { size: 1, heading })).toEqual({ rows: [heading], bytes: 0 })
})
