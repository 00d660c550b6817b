#!/usr/bin/env node
// The catalog's command line: tables, queries, audits, compaction, the dashboard.
import { shellEnv } from '@ticklake/runtime/dotenv.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { commandLine } from './cli/commands.ts'

await runCommand((signal) => {
  shellEnv()
  return commandLine(process.argv.slice(2), process, signal)
})
