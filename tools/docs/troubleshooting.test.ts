// docs/troubleshooting.md, or doctor's table in docs/catalog.md, has every code with which a command or the dashboard
// fails. (commands.stack.test.ts checks the other direction.)
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectDir } from '../../stack/paths.ts'

const read = (path: string) => readFileSync(join(projectDir, path), 'utf8')
const sources = globSync(
  ['{producer,consumer,catalog,local-aws,stack,infra,packages/*}/**/*.{ts,tsx,mjs,sh}', '*.sh'],
  {
    cwd: projectDir,
    // kafka-reader's errors are for programs; its README has them.
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.test.ts', 'packages/{kafka-reader,testing}/**'],
  },
)

/** Codes that are written out where the error is made; a code that is chosen by a table is in stop-codes.test.ts. */
const codes = new Set(
  sources.flatMap((path) =>
    [...read(path).matchAll(/\bcode: '([A-Z]+(?:_[A-Z]+)*)',\s+what\b|\berror ([A-Z]+(?:_[A-Z]+)+):/g)].map(
      ([, inCode, inScript]) => (inCode ?? inScript)!,
    ),
  ),
)

/** First cells of the troubleshooting page, last cells of the table of doctor's checks. */
const documented = new Set(
  [
    ...[...read('docs/troubleshooting.md').matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell!),
    ...[...read('docs/catalog.md').matchAll(/\| ([^|]+) \|$/gm)].map(([, cell]) => cell!),
  ].flatMap((cell) => [...cell.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, code]) => code!)),
)

test('codes are found', () => {
  for (const code of ['SOURCE_EMPTY', 'CLOCK_OFF', 'READ_ONLY', 'BUCKET_KEPT', 'AWS_SETTINGS_MISSING'])
    expect(codes).toContain(code)
})

test.each([...codes].sort())('%s has a row', (code) => {
  expect(documented.has(code)).toBe(true)
})
