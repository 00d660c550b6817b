// docs/architecture.md names files of the code: each must exist.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectDir } from '../../stack/paths.ts'

const page = readFileSync(join(projectDir, 'docs/architecture.md'), 'utf8')
const named = [...page.matchAll(/`([\w./-]+\.(?:ts|tsx|json))`/g)].map(([, path]) => path!)
const files = globSync('**/*.{ts,tsx,json}', {
  cwd: projectDir,
  exclude: ['**/node_modules/**', '.local/**', '**/dist/**'],
}).map((path) => `/${path}`)

test.each([...new Set(named)].filter((path) => !/^x\./.test(path)))('%s is a file', (path) => {
  expect(files.filter((file) => file.endsWith(`/${path}`))).not.toEqual([])
})
