// docs/dependencies.md has a reason for every package that a package.json names, and names none that is gone.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const manifests = globSync('{package.json,*/package.json,packages/*/package.json}', { cwd: root }).map(
  (file) =>
    JSON.parse(readFileSync(join(root, file), 'utf8')) as Partial<Record<string, Record<string, string>>>,
)
const named = new Set(
  manifests
    .flatMap((manifest) =>
      ['dependencies', 'devDependencies'].flatMap((kind) => Object.keys(manifest[kind] ?? {})),
    )
    .filter((name) => !name.startsWith('@ticklake/')),
)
const rows =
  readFileSync(join(import.meta.dirname, '../../docs/dependencies.md'), 'utf8').match(/^\| `.*$/gm) ?? []
const explained = new Set(
  rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)),
)

test('every package has its reason', () => {
  expect(named.size).toBeGreaterThan(30)
  expect([...named].filter((name) => !explained.has(name))).toEqual([])
})

test('no reason is left of a package that is gone', () => {
  expect([...explained].filter((name) => !named.has(name))).toEqual([])
})
