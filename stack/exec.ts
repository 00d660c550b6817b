// Runs a command against what runs here: a demo, a stack, containers, or else the AWS account of .env.aws.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '@ticklake/runtime/errors.ts'
import { nothingRuns } from './background.ts'
import { runningContainers } from './containers.ts'
import { serviceEnv, shellSettings } from './environment.ts'
import { projectDir, stateFile } from './paths.ts'
import { runningStack } from './state.ts'

/**
 * @returns the command's exit status
 * @throws Failure NOTHING_RUNS; COMMAND_MISSING when there is no such program
 */
export async function exec(command: readonly string[]): Promise<number> {
  const [program, ...args] = command
  if (program === undefined) {
    throw new Failure({
      code: 'USAGE',
      what: 'exec has no command to run; nothing was done',
      remedy: "node stack/main.ts exec -- node catalog/main.ts query 'SELECT 1'",
    })
  }
  const env = await environment()
  const child = spawn(program === 'node' ? process.execPath : program, args, { stdio: 'inherit', env })
  // Ctrl-C in the terminal reaches the child directly; we only wait for its end.
  const wait = () => {}
  const passOn = () => child.kill('SIGTERM')
  process.on('SIGINT', wait).on('SIGTERM', passOn)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(
          new Failure({
            code: 'COMMAND_MISSING',
            what: `${program} cannot be run; nothing was done`,
            why: cause.message,
            remedy: 'check its name and that it is in PATH',
            cause,
          }),
        ),
      )
      child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
    })
  } finally {
    process.off('SIGINT', wait).off('SIGTERM', passOn)
  }
}

async function environment(): Promise<Record<string, string | undefined>> {
  const stack = await runningStack(stateFile)
  if (stack) return serviceEnv(stack.env, { ...stack.settings, ...shellSettings(process.env) })
  const settings = shellSettings(process.env)
  const containers = await runningContainers(settings)
  if (containers) return serviceEnv(containers, settings)
  const aws = join(projectDir, '.env.aws')
  if (existsSync(aws)) return { ...process.env, TICKLAKE_ENV_FILE: aws }
  throw nothingRuns()
}
