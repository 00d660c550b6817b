#!/usr/bin/env node
// The entry point of the infrastructure on AWS: the command line decides what runs.
import { runCommand } from '@ticklake/runtime/process.ts'
import { commandLine } from './cli/commands.ts'

await runCommand((signal) => commandLine(process.argv.slice(2), process, signal))
