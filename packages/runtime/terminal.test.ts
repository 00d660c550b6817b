// What is written to a terminal, and what to a pipe.
import { expect, test, vi } from 'vitest'
import { coloursFor, columnsOf, cut, hasColours, progressLine, whileWaiting } from './terminal.ts'

const screen = (isTTY: boolean, columns?: number) => {
  const written: string[] = []
  const stream = { isTTY, columns, write: (text: string) => written.push(text) > 0 }
  return { written, stream: stream as unknown as NodeJS.WriteStream }
}

test.each([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['NO_COLOR on a terminal', true, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR has no effect', true, { NO_COLOR: '' }, true],
  ['FORCE_COLOR in a pipe', false, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0 on a terminal', true, { FORCE_COLOR: '0' }, false],
  ['NO_COLOR wins over FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['a terminal without colours', true, { TERM: 'dumb' }, false],
])('colours: %s', (_, isTTY, env, wanted) => {
  expect(hasColours({ isTTY }, env)).toBe(wanted)
  expect(coloursFor({ isTTY }, env).red('x')).toBe(wanted ? '\u001b[31mx\u001b[39m' : 'x')
})

test('a line is cut to the width of the terminal, so that it can be redrawn', () => {
  const { written, stream } = screen(true, 10)
  using line = progressLine(stream)
  line.show('0123456789abc')
  expect(written).toEqual(['\r\u001b[K01234567…'])
  expect(cut('short', 10)).toBe('short')
  expect(columnsOf({ columns: 0 })).toBe(80)
})

test('work of more than two seconds is shown on a terminal and erased at its end, quick work is not shown', async () => {
  vi.useFakeTimers()
  try {
    for (const [ms, shown] of [
      [1_500, false],
      [3_100, true],
    ] as const) {
      const { written, stream } = screen(true, 80)
      const work = new Promise<string>((resolve) => setTimeout(() => resolve('done'), ms))
      const waiting = whileWaiting(() => 'asking Glue', work, stream)
      await vi.advanceTimersByTimeAsync(ms)
      expect(await waiting).toBe('done')
      expect(written.join('').includes('asking Glue, 3 s (Ctrl-C stops)')).toBe(shown)
      if (shown) expect(written.at(-1)).toBe('\r\u001b[K')
    }
  } finally {
    vi.useRealTimers()
  }
})

test('nothing of it reaches a pipe', async () => {
  const { written, stream } = screen(false)
  progressLine(stream).show('asking')
  await whileWaiting(() => 'asking', Promise.resolve(), stream)
  expect(written).toEqual([])
})
