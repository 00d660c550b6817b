// The consumer's command line: topic in, objects and claims out, each record exactly once.
import { shellEnv } from '@ticklake/runtime/dotenv.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { commandLine } from './cli.ts'

await runCommand((signal) => commandLine(process.argv.slice(2), shellEnv(), signal))
