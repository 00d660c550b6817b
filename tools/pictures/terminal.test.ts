// The picture of the terminal shows what a terminal would.
import { expect, test } from 'vitest'
import { screenOf } from './terminal-screen.ts'
import { terminalSvg } from './terminal-svg.ts'

const texts = (written: string, columns = 80) =>
  screenOf(written, columns).map((runs) => runs.map(({ text }) => text).join(''))

test('a line that is redrawn shows what was drawn last, and the lines above it', () => {
  expect(texts('\r\u001b[Klag 12345\r\u001b[Klag 7\r\u001b[Kready\r\nlag 7\r\nend\r\n')).toEqual([
    'ready',
    'lag 7',
    'end',
  ])
})

test('without wiping, the rest of a longer line stays', () => {
  expect(texts('abcdef\rxy')).toEqual(['xycdef'])
})

test('a line that is too long goes on below', () => {
  expect(texts('0123456789abc\nx', 10)).toEqual(['0123456789', 'abc', 'x'])
})

test('colours begin and end where they do on a terminal; other commands are ignored', () => {
  const runs = screenOf('\u001b[?25la \u001b[1;31mred\u001b[39m bold\u001b[0m z', 80)[0]!
  expect(runs.map(({ text, style }) => [text, style.colour, style.bold])).toEqual([
    ['a ', undefined, false],
    ['red', 31, true],
    [' bold', undefined, true],
    [' z', undefined, false],
  ])
})

test('the SVG has each line as text at its position, and none of it as markup', () => {
  const svg = terminalSvg(screenOf('a <b> & "c"\n\n  \u001b[32mgreen', 40), 40, 'make demo')
  expect(svg).toContain('>a &lt;b&gt; &amp; &quot;c&quot;</text>')
  const [, x, y] = /<text x="([\d.]+)" y="([\d.]+)"[^>]*fill="#7fd6a0">green</.exec(svg)!
  // Two columns in, two lines down.
  expect([Number(x), Number(y)]).toEqual([18 + 2 * 7.8, 34 + 18 + 2.75 * 18])
  expect(svg).toContain('aria-label="make demo"')
})
