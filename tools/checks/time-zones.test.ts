// The tests for a second time zone are chosen by what sources do, so that nobody has to remember it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { projectDir } from '../../stack/paths.ts'
import { timeZoneTests } from './time-zones.ts'

const dir = mkdtempSync(join(tmpdir(), 'ticklake-zones-'))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** The chosen tests of a project that has these files and one workspace, `shared/`. */
function chosen(files: Readonly<Record<string, string>>): string[] {
  const all = {
    'package.json': '{"workspaces":["shared"]}',
    'shared/package.json': '{"name":"@project/shared"}',
    ...files,
  }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return timeZoneTests(dir, ['node_modules/**'])
}

test.each([
  'date.getHours()',
  'date.setDate(3)',
  'date.getTimezoneOffset()',
  'date.toLocaleString()',
  'date.toDateString()',
  'Date.parse(text)',
  'new Date(text)',
  'new Date(2026, 1)',
  'print(new Date())',
  'print(new Date(sinceMs))',
  'Date()',
  'Intl.DateTimeFormat()',
  'process.env.TZ',
])('%s may depend on the zone: the nearest test runs in a second one', (code) => {
  const files = {
    'shared/day.ts': `export const day = (date: Date, text: string, sinceMs: number) => ${code}`,
    'shared/day.test.ts': "import { day } from './day.ts'",
    'a/a.ts': "import { day } from '@project/shared/day.ts'",
    'a/a.test.ts': "import { a } from './a.ts'",
  }
  expect(chosen(files)).toEqual(['shared/day.test.ts'])
})

test.each([
  'Date.now()',
  'new Date().toISOString()',
  'new Date(sinceMs).getUTCHours()',
  '1 // new Date(text)',
])('%s does not', (code) => {
  expect(chosen({ 'b.ts': `export const b = ${code}`, 'b.test.ts': "import { b } from './b.ts'" })).toEqual(
    [],
  )
})

test('a source without a test of its own brings those that reach it first, also over workspaces', () => {
  const files = {
    'shared/day.ts': 'export const day = new Date(text)',
    'a/a.ts': "import { day } from '@project/shared/day.ts'",
    'a/a.test.ts': "import { a } from './a.ts'",
    'c/c.test.ts': "const c = await import('../shared/day.ts')",
    'd/d.test.ts': 'const day = new Date(text)',
    'd/d.stack.test.ts': 'const day = new Date(text)',
  }
  expect(chosen(files)).toEqual(['c/c.test.ts', 'd/d.test.ts'])
  expect(chosen({ ...files, 'c/c.test.ts': '' })).toEqual(['a/a.test.ts', 'd/d.test.ts'])
})

test('in this project it chooses the tests of times and of closed hours', () => {
  const tests = timeZoneTests(projectDir, ['**/node_modules/**', '.local/**'])
  for (const path of ['packages/contract/time.test.ts', 'packages/lake/closed-hours.test.ts'])
    expect(tests).toContain(path)
})
