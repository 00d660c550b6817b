// Sorting, downloading and copying a result.
import { expect, test } from 'vitest'
import { csvOf, orderOf, tabbed } from './result.ts'

const columns = [
  { name: 'n', type: 'bigint' },
  { name: 'a "b"', type: 'varchar' },
]
const rows = [
  ['9007199254740993', 'x'],
  [null, ''],
  ['9', 'a,b'],
  ['9007199254740992', null],
]

test('64-bit integers are sorted without rounding, NULL last', () => {
  expect([...orderOf(rows, columns, { column: 0, descending: false })]).toEqual([2, 3, 0, 1])
  expect([...orderOf(rows, columns, { column: 0, descending: true })]).toEqual([0, 3, 2, 1])
  expect([...orderOf(rows, columns, undefined)]).toEqual([0, 1, 2, 3])
})

test('CSV distinguishes NULL from an empty text and quotes where needed', () => {
  const all = orderOf(rows, columns, undefined)
  expect(csvOf(rows, columns, all)).toBe(
    'n,"a ""b"""\r\n9007199254740993,x\r\n,""\r\n9,"a,b"\r\n9007199254740992,\r\n',
  )
})

test('the clipboard gets one line per row', () => {
  expect(tabbed([['1', 'a\nb\tc']], columns, Uint32Array.of(0))).toBe('n\ta "b"\n1\ta b c')
})

test('on request no cell of a download or of the clipboard is a formula; by default all are unchanged', () => {
  const one = [['-5', '=1+1']]
  expect(csvOf(one, columns, Uint32Array.of(0), true)).toBe('n,"a ""b"""\r\n-5,\'=1+1\r\n')
  expect(csvOf(one, columns, Uint32Array.of(0))).toBe('n,"a ""b"""\r\n-5,=1+1\r\n')
  expect(tabbed(one, columns, Uint32Array.of(0), true)).toBe('n\ta "b"\n-5\t\'=1+1')
})
