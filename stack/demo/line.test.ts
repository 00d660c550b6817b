import { expect, test } from 'vitest'
import { type Numbers, numbersLine, Screen } from './line.ts'

const numbers: Numbers = {
  produced: 12_345,
  landed: 12_000,
  count: 11_800,
  lag: 345,
  freshSeconds: 1.84,
  objects: 24,
  bytes: 1_234_567,
}

test('the line says all seven numbers', () => {
  expect(numbersLine(numbers)).toBe(
    'produced 12,345 | in the lake 12,000 | SELECT COUNT(*) 11,800 | lag 345 | freshness 1.8 s | 24 objects | 1.2 MB',
  )
})

test('what is not known yet is not shown as zero', () => {
  const early = { ...numbers, count: undefined, freshSeconds: undefined }
  expect(numbersLine(early)).toContain('SELECT COUNT(*) ... | lag 345 | freshness -')
})

test('when nothing is produced any more, the age of the newest row is not called freshness', () => {
  expect(numbersLine({ ...numbers, lag: 0 }, true)).toContain('freshness - |')
})

test('a terminal gets one line redrawn, and words above it', () => {
  const written: string[] = []
  const out = { isTTY: true, columns: 20, write: (text: string) => written.push(text) }
  const screen = new Screen(out as unknown as NodeJS.WriteStream)
  screen.show('0123456789012345678901234567890')
  screen.say('hello')
  expect(written).toEqual(['\r\x1b[K0123456789012345678', '\r\x1b[Khello\n0123456789012345678'])
})

test('where there is no terminal, a line comes every few seconds', () => {
  const written: string[] = []
  const out = { isTTY: false, write: (text: string) => written.push(text) }
  const screen = new Screen(out as unknown as NodeJS.WriteStream)
  for (let i = 0; i < 10; i++) screen.show(`line ${i}`)
  expect(written).toEqual(['line 0\n'])
})

test('what a service or a server said drives no terminal', () => {
  const written: string[] = []
  const out = { isTTY: true, columns: 80, write: (text: string) => written.push(text) > 0 }
  new Screen(out as unknown as NodeJS.WriteStream).say('consumer: \u001b]0;x\u0007 \u009b2J\r\nnext')
  expect(written.join('')).toBe('consumer: \\x1b]0;x\\x07 \\x9b2J\\r\nnext\n')
})
