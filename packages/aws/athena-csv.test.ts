// Athena's CSV: NULL is not an empty text, and pieces may be split anywhere.
import { expect, test } from 'vitest'
import { AthenaCsv } from './athena-csv.ts'

const text = '"a","b"\n"1",\n"",""\n"x ""y"", z","line\nbreak"\n,\n'
const rows = [
  ['a', 'b'],
  ['1', null],
  ['', ''],
  ['x "y", z', 'line\nbreak'],
  [null, null],
]

test('quoted fields are values, empty fields without quotes are NULL', () => {
  const csv = new AthenaCsv()
  expect([...csv.push(text), ...csv.end()]).toEqual(rows)
})

test('the text may be split anywhere', () => {
  for (let cut = 0; cut <= text.length; cut++) {
    const csv = new AthenaCsv()
    expect([...csv.push(text.slice(0, cut)), ...csv.push(text.slice(cut)), ...csv.end()]).toEqual(rows)
  }
  const csv = new AthenaCsv()
  expect([...[...text].flatMap((character) => csv.push(character)), ...csv.end()]).toEqual(rows)
})

test('one column: an empty line is a NULL, an empty quoted field an empty text', () => {
  const csv = new AthenaCsv()
  expect([...csv.push('"c"\n\n""\n'), ...csv.end()]).toEqual([['c'], [null], ['']])
})

test('a last row without a newline counts, a truncated value is an error', () => {
  const csv = new AthenaCsv()
  expect([...csv.push('"c"\n"1"'), ...csv.end()]).toEqual([['c'], ['1']])
  const cut = new AthenaCsv()
  cut.push('"c"\n"1')
  expect(() => cut.end()).toThrow('incomplete')
})
