#!/usr/bin/env node
// The catalog's way in: the command line decides what runs.
import { commandLine } from './cli/commands.ts'

await commandLine(process.argv.slice(2)).parseAsync()
