// `make check`: what needs no server, for every save: lint, types, and every unit test.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '@ticklake/runtime/process.ts'
import { lint } from './lint.ts'
import { summarize } from './summary.ts'
import { runVitest } from './vitest-run.ts'

await runCommand(async (signal) => {
  const linted = lint()
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-check-'))
  try {
    const units = await runVitest({
      projects: ['unit'],
      files: [],
      reporter: 'dot',
      env: { TZ: 'UTC' },
      dir,
      signal,
    })
    summarize([units], [linted])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
