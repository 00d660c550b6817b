// `make clean-data`: deletes topics, lake and catalog, and keeps everything that was downloaded.
import { rmSync } from 'node:fs'
import { Failure } from '@ticklake/runtime/errors.ts'
import { dataDir, stateFile } from './paths.ts'
import { isStack, readState } from './state.ts'

/** @throws Failure STACK_RUNS while something uses the data */
export async function cleanData(): Promise<void> {
  const state = readState(stateFile)
  if (state && isStack(state.pid)) {
    throw new Failure({
      code: 'STACK_RUNS',
      what: 'the data is in use; nothing was deleted',
      why: `${state.command} runs (pid ${state.pid})`,
      remedy: 'make stack-down, or Ctrl-C in the demo’s terminal; then make clean-data',
    })
  }
  rmSync(dataDir, { recursive: true, force: true })
  process.stderr.write('the topics, the lake and the catalog are empty\n')
}
