#!/usr/bin/env node
// The producer's command line: CSV, JSON lines or a live feed in, topic out.
import { commandLine } from './cli/commands.ts'

await commandLine(process.argv.slice(2)).parseAsync()
