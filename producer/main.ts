#!/usr/bin/env node
// The producer's command line: CSV, JSON lines or a live feed in, topic out.
import { shellEnv } from '@ticklake/runtime/dotenv.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { commandLine } from './cli/commands.ts'

await runCommand((signal) => {
  shellEnv()
  return commandLine(process.argv.slice(2), process, signal)
})
