import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runSuite } from './run-suite.ts'
import { suites } from './suites.ts'

/** A pytest of three tests that ends itself after the first of those that it does not leave out, and in the third. */
const endsItself = `#!/bin/sh
printf 'a\\nb\\nc\\n' > "$CONFORMANCE_COLLECTED"
next=$(grep -vxF -f "$CONFORMANCE_LEAVE_OUT" "$CONFORMANCE_COLLECTED" | head -1)
test "$next" = c || echo '{"test":"'$next'","outcome":"passed","message":"","seconds":0}' >> "$CONFORMANCE_REPORT"
exit 3
`

test('after a test that ends pytest the others run, and it counts as failed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-conformance-'))
  writeFileSync(join(dir, 'python'), endsItself, { mode: 0o755 })
  const suite = suites.find(({ name }) => name === 'pyathena')!
  const { tests, outcomes } = await runSuite({
    suite,
    bin: dir,
    folder: dir,
    stack: {} as never,
    dir,
    select: [],
    leaveOut: [],
    signal: AbortSignal.timeout(20_000),
  })
  expect(tests).toEqual(['a', 'b', 'c'])
  expect(outcomes.map(({ test, outcome }) => `${test} ${outcome}`)).toEqual([
    'a passed',
    'b passed',
    'c failed',
  ])
})
