// `make e2e`: everything in containers.
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '@ticklake/runtime/process.ts'
import { projectDir } from '../../stack/paths.ts'
import { summarize } from './summary.ts'
import { runVitest } from './vitest-run.ts'

/** The broker's machine boots in surroundings of its own, and mostly waits. */
const boot = ['infra/broker-boot.e2e.test.ts']

/** They ask images, one server and what compose would do: after the boot, which is over long before the others are. */
const small = ['e2e/images.e2e.test.ts', 'e2e/how-to.e2e.test.ts', 'e2e/configuration.e2e.test.ts']

/** Every other one brings up whole streams, one after the other. */
function streams(): string[] {
  const files = globSync('**/*.e2e.test.ts', {
    cwd: projectDir,
    exclude: ['**/node_modules/**', '.local/**'],
  })
  return files.filter((file) => !boot.includes(file) && !small.includes(file))
}

await runCommand(async (signal) => {
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-e2e-'))
  const run = (files: readonly string[]) =>
    runVitest({ projects: ['e2e'], files, reporter: 'verbose', env: {}, dir, signal })
  const besideThem = async () => [await run(boot), await run(small)]
  try {
    const [others, beside] = await Promise.all([run(streams()), besideThem()])
    summarize([others, ...beside])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
