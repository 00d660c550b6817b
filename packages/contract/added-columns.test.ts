// A future contract that adds a column of each type with one line each: its messages through both paths.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { tickText } from './hostile-values.ts'

const script = `
  import { isCanonical } from './canonical.ts'
  import { validate } from './validation.ts'
  const results = JSON.parse(process.argv[1]).map((text) => {
    const bytes = Buffer.from(text)
    const result = validate(bytes)
    if (!result.accepted) return { reason: result.reason }
    const canonical = Buffer.from(result.canonical)
    const again = validate(canonical)
    return {
      canonical: canonical.toString(),
      wasCanonical: isCanonical(bytes),
      isCanonical: isCanonical(canonical),
      isStable: again.accepted && Buffer.from(again.canonical).equals(canonical),
    }
  })
  console.log(JSON.stringify(results))
`

/** The validation results of ticks with these added fields. */
function validated(ticks: readonly Record<string, string>[]) {
  const hooks = new URL('../testing/next-contract.ts', import.meta.url).href
  const texts = JSON.stringify(ticks.map(tickText))
  const args = [`--import=${hooks}`, '--input-type=module', '--eval', script, texts]
  const { NODE_OPTIONS: _, ...env } = process.env
  return JSON.parse(execFileSync(process.execPath, args, { cwd: import.meta.dirname, env }).toString())
}

const all = {
  source: '"s"',
  venue: '"HKEX"',
  value_date: '"2021-04-03"',
  quoted_at: '"2021-04-01 01:30:00.250"',
  spread: '0.25',
}

test('each type has a canonical form, which both paths know, whichever of the columns are present', () => {
  const subsets = [
    all,
    { ...all, spread: 'null' },
    { venue: all.venue },
    { value_date: all.value_date, spread: all.spread },
    { quoted_at: '"2021-04-01T09:30:00.25+08:00"' },
    {},
  ]
  const results = validated(subsets)
  for (const [i, result] of results.entries()) {
    expect(result, String(i)).toMatchObject({ isCanonical: true, isStable: true })
  }
  expect(results[0]).toMatchObject({ canonical: tickText(all), wasCanonical: true })
  expect(results[4].canonical).toBe(tickText({ quoted_at: all.quoted_at }))
  const { spread: _, ...rest } = all
  expect(results[1].canonical).toBe(tickText(rest))
})

test('bad values of each type are refused with their reasons', () => {
  const reasons = validated([
    { venue: '""' },
    { value_date: '"2021-02-29"' },
    { value_date: '7' },
    { quoted_at: '"2021-04-01T09:30:00"' },
    { quoted_at: '"2021-04-01 24:00:00.000"' },
    { quoted_at: '1617240600000' },
    { spread: '"0.25"' },
    { spread: '1e999' },
  ])
  expect(reasons.map(({ reason }: { reason: string }) => reason)).toEqual([
    'bad_text',
    'bad_date',
    'wrong_type',
    'bad_timestamp',
    'bad_timestamp',
    'wrong_type',
    'wrong_type',
    'not_finite',
  ])
})
