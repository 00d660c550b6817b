// The consumer's command line: topic in, objects and claims out, each record exactly once.
import { shellEnv } from '@ticklake/runtime/dotenv.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { commandLine } from './cli/commands.ts'

/** Landing takes up to 6 s of it, and leaving the group up to 2 s (see group/membership.ts). */
const END_WITHIN_MS = 8_500

await runCommand(
  (signal) => {
    shellEnv()
    return commandLine(process.argv.slice(2), process, signal)
  },
  { endWithinMs: END_WITHIN_MS },
)
