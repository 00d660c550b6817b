import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { envExample, referencePage } from './reference.ts'

const fileText = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

test('.env.example is what `node docs/reference.ts` writes', () => {
  expect(fileText('../.env.example')).toBe(envExample())
})

test('docs/reference.md has every variable and every command’s own page of help', {
  timeout: 120_000,
}, () => {
  expect(fileText('reference.md')).toBe(referencePage())
})
