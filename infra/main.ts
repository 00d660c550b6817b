#!/usr/bin/env node
// The way in to the infrastructure on AWS: the command line decides what runs.
import { commandLine } from './commands.ts'

await commandLine(process.argv.slice(2)).parseAsync()
