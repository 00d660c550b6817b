// Foreign text never controls the terminal: every place that shows it escapes it.
import { expect, test } from 'vitest'
import { Failure, renderError } from './errors.ts'
import { makeLogger } from './log.ts'
import { printable, printableJson, printableLine } from './printable.ts'
import { progressLine } from './terminal.ts'

const hostile: [string, string, string][] = [
  ['an escape sequence', '\u001b[2J', '\\x1b[2J'],
  ['a title, ended by BEL', '\u001b]0;x\u0007', '\\x1b]0;x\\x07'],
  ['a link', '\u001b]8;;http://x\u001b\\', '\\x1b]8;;http://x\\x1b\\'],
  ['the same in one byte', '\u009b2J', '\\x9b2J'],
  ['an operating system command of C1', '\u009d0;x\u009c', '\\x9d0;x\\x9c'],
  ['back to the beginning of the line', 'good\rbad', 'good\\rbad'],
  ['a backspace', 'a\b', 'a\\x08'],
  ['NUL and DEL', '\u0000\u007f', '\\x00\\x7f'],
  ['text that is turned around', '\u202egpj.exe', '\\u202egpj.exe'],
  ['isolates and marks', '\u2066\u2069\u200e\u200f\u061c', '\\u2066\\u2069\\u200e\\u200f\\u061c'],
  ['what has no width', 'a\u200b\u2060\ufeffb', 'a\\u200b\\u2060\\ufeffb'],
  ['separators of lines', '\u2028\u2029', '\\u2028\\u2029'],
  ['tags', '\u{e0041}', '\\u{e0041}'],
  ['half of a pair', '\ud800', '\\ud800'],
]
const harmless = 'plain, é 恒生 👩‍👩‍👧 क्‍ष → … ·'

/** All that may be written besides visible characters: new lines, tabs, and our own colours and redrawing. */
const drives = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\u200b\ufeff]/
const own = /\u001b\[\d+m|\r\u001b\[K/g

test.each(hostile)('%s is escaped', (_what, text, shown) => {
  expect(printable(text)).toBe(shown)
  expect(printableLine(text)).toBe(shown)
})

test('new lines and tabs stay where they are allowed, and harmless characters always', () => {
  expect(printable(`a\n\tb ${harmless}`)).toBe(`a\n\tb ${harmless}`)
  expect(printableLine(`a\n\tb ${harmless}`)).toBe(`a\\n\\tb ${harmless}`)
})

test('JSON keeps its meaning, and controls nothing', () => {
  for (const [, text] of hostile) {
    const safe = printableJson(JSON.stringify({ text }))
    expect(JSON.parse(safe)).toEqual({ text })
    expect(safe).not.toMatch(drives)
  }
})

const all = hostile.map(([, text]) => text).join(' ')

function logged(format: string, say: (log: ReturnType<typeof makeLogger>) => void): string {
  const written: string[] = []
  const out = { isTTY: true, write: (text: string) => void written.push(text) }
  say(makeLogger('test', { LOG_FORMAT: format }, out))
  return written.join('')
}

const surfaces: [string, () => string][] = [
  [
    'an error: what, why and do',
    () => renderError(new Failure({ code: 'X', what: all, why: all, remedy: all })),
  ],
  ['a defect with its stack', () => renderError(new Error(all))],
  ['something thrown that is not an error', () => renderError(all)],
  ['a pretty message', () => logged('pretty', (log) => log.warn(all))],
  [
    'a pretty line with facts',
    () => logged('pretty', (log) => log.warn({ key: all, in: [{ [all]: all }] }, 'said')),
  ],
  ['a pretty error', () => logged('pretty', (log) => log.error({ err: new Error(all) }, 'broke'))],
  ['a line of JSON', () => logged('json', (log) => log.warn({ key: all }, all))],
  [
    'a line of progress',
    () => {
      const written: string[] = []
      const stream = { isTTY: true, columns: 500, write: (text: string) => written.push(text) > 0 }
      using line = progressLine(stream as unknown as NodeJS.WriteStream)
      line.show(all)
      return written.join('')
    },
  ],
]

test.each(surfaces)('%s does not control the terminal', (_where, show) => {
  const text = show()
  expect(text.replace(own, '')).not.toMatch(drives)
  expect(text, 'nothing is lost silently').toMatch(/\\+(x1b|u001b)\[2J/)
})

test('a message with a new line is one line of a pretty log', () => {
  expect(
    logged('pretty', (log) => log.warn('one\nerror two'))
      .trimEnd()
      .split('\n'),
  ).toHaveLength(1)
})
