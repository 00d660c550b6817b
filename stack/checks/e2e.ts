// `make e2e`: everything in containers.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '@ticklake/runtime/process.ts'
import { summarize } from './summary.ts'
import { runVitest } from './vitest-run.ts'

await runCommand(async (signal) => {
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-e2e-'))
  const run = (folder: string) =>
    runVitest({ projects: ['e2e'], files: [folder], reporter: 'verbose', env: {}, dir, signal })
  try {
    // The broker's machine boots in surroundings of its own, and mostly waits; the others share ports and images.
    summarize(await Promise.all([run('e2e/'), run('infra/')]))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
