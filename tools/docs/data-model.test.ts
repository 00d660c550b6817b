import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dataModelPage } from './data-model.ts'

test('docs/data-model.md is what `node tools/docs/data-model.ts` writes', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/data-model.md'), 'utf8')
  expect(page).toBe(dataModelPage())
})
