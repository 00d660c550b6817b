// A spreadsheet that opens a csv evaluates no formula from the data.
import { cpuTimer } from '@ticklake/testing/cpu-time.ts'
import { expect, test } from 'vitest'
import { csvField, guardFormula } from './spreadsheet.ts'

test.each([
  '=1+1',
  "=cmd|'/C calc'!A0",
  '+1+1',
  '-1+1',
  "-2+3+cmd|' /C calc'!A0",
  '@SUM(1)',
  '\tx',
  '\rx',
  '\nx',
  ' =1+1',
  '\u00a0=1',
  '\ufeff=1',
  '\u200b=1',
  '＝1+1',
  '＋1',
  '－1+1',
  '＠SUM(1)',
  '--5',
  '+-5',
  '-',
  '1e5=', // begins as a number, and is none that begins a formula
])('%j', (cell) => {
  const guarded = cell !== '1e5='
  expect(guardFormula(cell)).toBe(guarded ? `'${cell}` : cell)
})

test.each([
  '-5',
  '+3.2e4',
  '-0.5',
  '+.5',
  '-1.',
  '-1E-10',
  '1.0E20',
  '9007199254740993',
  '0',
  '',
  'HSI',
  'a=b',
  '2021-03-04',
  "'=1",
])('%j stays unchanged', (cell) => {
  expect(guardFormula(cell)).toBe(cell)
})

test('a guarded field is quoted where any separator would split it; unguarded, nothing changes', () => {
  expect(csvField('a;=1', true)).toBe('"a;=1"')
  expect(csvField('a;=1', false)).toBe('a;=1')
  expect(csvField('=1,"x"', true)).toBe(`"'=1,""x"""`)
  expect(csvField('=1', false)).toBe('=1')
  expect([csvField(null, true), csvField('', true)]).toEqual(['', '""'])
})

test('a long number takes linear time', () => {
  const elapsedMs = cpuTimer()
  for (const cell of [
    '-'.repeat(300_000),
    ' '.repeat(300_000),
    `-${'1'.repeat(300_000)}x`,
    `-${'1.'.repeat(150_000)}`,
  ])
    guardFormula(cell)
  expect(elapsedMs()).toBeLessThan(500)
})
