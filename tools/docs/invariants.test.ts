// docs/invariants.md and docs/security.md name tests: each must exist.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const rows = `${read('docs/invariants.md')}\n${whatHolds(read('docs/security.md'))}`
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')) as [string, string])

/** The only section of the page that names tests. */
function whatHolds(page: string): string {
  return page.split('\n## ').find((section) => section.startsWith('What holds\n'))!
}

/** The files that a cell names, and in the text behind each the titles of its tests. */
function namedTests(cell: string): { path: string; titles: string[] }[] {
  const parts = cell.split(/`([\w./-]+\.ts)`/)
  return parts.flatMap((path, i) =>
    i % 2 === 1
      ? [{ path, titles: [...parts[i + 1]!.matchAll(/"([^"]+)"/g)].map(([, title]) => title!) }]
      : [],
  )
}

test.each(rows.filter(([, cell]) => cell !== 'test'))('%s', (_what, cell) => {
  const named = namedTests(cell)
  expect(named.length, 'a file is named').toBeGreaterThan(0)
  for (const { path, titles } of named) {
    const text = read(path)
    if (path.endsWith('.test.ts')) expect(titles.length, `a test of ${path} is named`).toBeGreaterThan(0)
    for (const piece of titles.flatMap((title) => title.split('…'))) expect(text).toContain(piece)
  }
})
