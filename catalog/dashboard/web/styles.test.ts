// Each class that a component names exists, and each class has a component: a misspelt one is `undefined` in the page.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const sources = join(import.meta.dirname, 'src')
const modules = globSync('**/*.module.css', { cwd: sources }).map((file) => join(sources, file))

/** The classes that components name, by the module that they import. */
const named = new Map(modules.map((file) => [file, new Set<string>()]))
for (const file of globSync('**/*.tsx', { cwd: sources })) {
  const path = join(sources, file)
  const text = readFileSync(path, 'utf8')
  for (const [, alias, from] of text.matchAll(/^import (\w+) from '([^']+\.module\.css)'$/gm)) {
    const classes = named.get(join(dirname(path), from!))
    for (const [, name] of text.matchAll(new RegExp(`(?<![-./\\w])${alias}\\.(\\w+)`, 'g')))
      classes?.add(name!)
  }
}

test.each(modules)('%s: its classes are those that components name', (file) => {
  const text = readFileSync(file, 'utf8').replaceAll(/:global\([^)]*\)|\/\*[\s\S]*?\*\//g, '')
  const defined = new Set([...text.matchAll(/\.([a-z]\w*)(?=[^{}]*\{)/gi)].map((match) => match[1]!))
  expect([...named.get(file)!].toSorted()).toEqual([...defined].toSorted())
})

test('no two modules have the same file name: it is part of the class name in the page', () => {
  const names = modules.map((file) => file.slice(file.lastIndexOf('/') + 1))
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThan(15)
})
