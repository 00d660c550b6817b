import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withOperations } from './glue-operations.ts'

test('docs/local-aws.md has the Glue operations that `node tools/docs/glue-operations.ts` writes', () => {
  const page = readFileSync(new URL('../../docs/local-aws.md', import.meta.url), 'utf8')
  expect(page).toBe(withOperations(page))
})
