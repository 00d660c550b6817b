import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const projectDir = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(projectDir, path), 'utf8')

interface Manifest {
  readonly workspaces?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

test('every package that the project depends on has its reason in docs/dependencies.md, and no other has', () => {
  const root = JSON.parse(read('package.json')) as Manifest
  const manifests = root.workspaces!.map((room) => JSON.parse(read(`${room}/package.json`)) as Manifest)
  const used = new Set(
    [root, ...manifests]
      .flatMap(({ dependencies, devDependencies }) => Object.keys({ ...dependencies, ...devDependencies }))
      .filter((name) => !name.startsWith('@ticklake/')),
  )
  const rows = read('docs/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const explained = new Set(
    rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)),
  )
  expect(explained).toEqual(used)
})

test('the table of rooms in docs/architecture.md says what the dependency rule holds', () => {
  const rule = read('.dependency-cruiser.cjs')
  const held = [...rule.matchAll(/^ {2}'?([a-z-]+)'?: \[(.*)\],$/gm)].map(([, room, list]) => [
    room,
    list!.replaceAll("'", '') || 'nothing',
  ])
  const told = [...read('docs/architecture.md').matchAll(/^\| `([a-z0-9-]+)\/` \|.*\| ([^|]+) \|$/gm)]
    .map(([, room, list]) => [room, list])
    .filter(([room]) => room !== 'e2e')
  expect(held.length).toBeGreaterThan(5)
  expect(told).toEqual(held)
})
