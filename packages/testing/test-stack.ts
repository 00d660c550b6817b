// Vitest's globalSetup of the stack tests: one real stack on free ports for all of them (see test-env.ts), or the running
// one that TICKLAKE_TEST_STACK=<its state file> names, so that a run need not wait for Trino.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderError } from '@ticklake/runtime/errors.ts'
import type { TestProject } from 'vitest/node'
import type { StackEnv } from '../../stack/environment.ts'
import type { Ports } from '../../stack/ports.ts'
import { startStack } from '../../stack/stack.ts'
import { runningStack } from '../../stack/state.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    stackEnv: StackEnv
    /** The process that started the stack's servers. */
    stackPid: number
    stackPorts: Ports
    secretFile: string
  }
}

interface TestStack {
  readonly provided: Pick<
    import('vitest').ProvidedContext,
    'stackEnv' | 'stackPid' | 'stackPorts' | 'secretFile'
  >
  stop(): Promise<void>
}

/** The projects of one run share one stack; each evaluates this module for itself. */
const shared = globalThis as { ticklakeTestStack?: Promise<TestStack>; ticklakeTestStackUsers?: number }

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.ticklakeTestStackUsers = (shared.ticklakeTestStackUsers ?? 0) + 1
  shared.ticklakeTestStack ??= findStack(process.env.TICKLAKE_TEST_STACK, project)
  const { provided, stop } = await shared.ticklakeTestStack
  for (const name of Object.keys(provided) as (keyof typeof provided)[]) project.provide(name, provided[name])
  return async () => {
    shared.ticklakeTestStackUsers! -= 1
    if (shared.ticklakeTestStackUsers === 0) await stop()
  }
}

async function findStack(stateFile: string | undefined, project: TestProject): Promise<TestStack> {
  if (!stateFile) return ownStack(project)
  const state = await runningStack(stateFile)
  if (!state) throw new Error(`TICKLAKE_TEST_STACK=${stateFile} names no stack that runs`)
  const { env: stackEnv, pid: stackPid, ports: stackPorts, secretFile } = state
  if (!stackPorts || !secretFile) throw new Error(`the stack of ${stateFile} was started by an older release`)
  return { provided: { stackEnv, stackPid, stackPorts, secretFile }, stop: async () => {} }
}

async function ownStack({ vitest }: TestProject): Promise<TestStack> {
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-test-'))
  const stack = await startStack({ dir, ports: 'free', bucket: 'ticklake-test' })
  const { failed } = stack.supervisor
  // Without one of its servers every remaining test would wait for its timeout.
  failed.addEventListener('abort', () => {
    vitest.state.catchError(new Error(renderError(failed.reason)), 'a server of the test stack ended')
    void vitest.cancelCurrentRun('test-failure')
  })
  return {
    provided: {
      stackEnv: stack.env,
      stackPid: process.pid,
      stackPorts: stack.ports,
      secretFile: stack.secretFile,
    },
    async stop() {
      await stack.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
