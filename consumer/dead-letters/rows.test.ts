// Rows of rejected records: no content controls a terminal, and programs get it unchanged.
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { rowFormats, writeRows } from './rows.ts'

const hostile = 'a\u001b]0;x\u0007\u009b2J\u202e\r\u2028b'
const drives = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e]/

async function written(format: (typeof rowFormats)[number], isTTY: boolean): Promise<string> {
  const chunks: string[] = []
  const out = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    }),
    { isTTY },
  )
  await writeRows(out, format, ['value'], [{ value: hostile }])
  return chunks.join('')
}

test.each(rowFormats)('%s does not control the terminal, and loses nothing', async (format) => {
  const text = await written(format, true)
  expect(text).not.toMatch(drives)
  if (format === 'table') expect(text).toContain('a\\x1b]0;x\\x07\\x9b2J\\u202e\\r\\u2028b')
  else expect([JSON.parse(text)].flat()).toEqual([{ value: hostile }])
})

test('a program gets the JSON bytes unchanged', async () => {
  expect(await written('jsonl', false)).toBe(`${JSON.stringify({ value: hostile })}\n`)
})
