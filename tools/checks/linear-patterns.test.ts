// The check finds every form of a regular expression, and distinguishes quadratic ones from linear ones.
import { expect, test } from 'vitest'
import { exceptions, findings } from './linear-patterns.ts'
import { patternsOf } from './patterns.ts'

test('literals, and what RegExp and the methods of a text are given', () => {
  const text = [
    "const a = /x+/g, b = new RegExp('y' + '+', 'u'), c = RegExp(['z', '+'].join(''))",
    "text.match('w+'); const d = new RegExp(name); const e = 1 / 2 / 3",
  ].join('\n')
  expect(patternsOf('a.ts', text).map(({ source, flags, line }) => [source, flags, line])).toEqual([
    ['x+', 'g', 1],
    ['y+', 'u', 1],
    ['z+', '', 1],
    ['w+', '', 2],
    [undefined, '', 2],
  ])
})

test.each([
  ['text.replace(/[\\s;]+$/g, "")', '2nd degree polynomial'],
  ['/^(a+)+$/.test(text)', 'exponential'],
  ['/^[+-]?(\\d+\\.?\\d*|\\.\\d+)$/.test(text)', '2nd degree polynomial'],
  ['new RegExp(name)', 'put together when the program runs'],
  ['/^[a-z]{1,20}$/.test(text)', undefined],
])(
  '%s',
  async (text, finding) => {
    const { problems } = await findings([['a.ts', text]], new Set())
    const own = problems.filter((problem) => problem.startsWith('a.ts'))
    if (finding === undefined) expect(own).toEqual([])
    else expect(own).toEqual([expect.stringContaining(finding)])
  },
  60_000,
)

test('an exception that nothing needs any more is a finding', async () => {
  const { problems } = await findings([], new Set())
  expect(problems).toHaveLength(exceptions.length)
})
