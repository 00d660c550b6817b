import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withTables } from './local-aws-page.ts'

test('docs/local-aws.md has the tables that `node tools/docs/local-aws-page.ts` writes', async () => {
  const page = readFileSync(new URL('../../docs/local-aws.md', import.meta.url), 'utf8')
  expect(page).toBe(await withTables(page))
})
