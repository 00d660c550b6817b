// Vitest's globalSetup of the stack tests: one real stack on free ports for all of them (see test-env.ts), or
// the running one that TICKLAKE_TEST_STACK=<its state file> names, so that a run need not start Trino anew.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import type { StackEnv } from '../../stack/environment.ts'
import type { Ports } from '../../stack/ports.ts'
import { startStack } from '../../stack/stack.ts'
import { runningStack } from '../../stack/state.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    stackEnv: StackEnv
    /** The process that started its servers. */
    stackPid: number
    stackPorts: Ports
    secretFile: string
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const stateFile = process.env.TICKLAKE_TEST_STACK
  if (stateFile) {
    const state = await runningStack(stateFile)
    if (!state) throw new Error(`TICKLAKE_TEST_STACK=${stateFile} names no stack that runs`)
    project.provide('stackEnv', state.env)
    project.provide('stackPid', state.pid)
    const { ports, secretFile } = state
    if (!ports || !secretFile) throw new Error(`the stack of ${stateFile} was started by an older release`)
    project.provide('stackPorts', ports)
    project.provide('secretFile', secretFile)
    return undefined
  }
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-test-'))
  const stack = await startStack({ dir, ports: 'free', bucket: 'ticklake-test' })
  project.provide('stackEnv', stack.env)
  project.provide('stackPid', process.pid)
  project.provide('stackPorts', stack.ports)
  project.provide('secretFile', stack.secretFile)
  return async () => {
    await stack.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
