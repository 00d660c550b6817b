#!/usr/bin/env node
// The catalog's command line: tables, queries, audits, compaction, the dashboard.
import { commandLine } from './cli/commands.ts'

await commandLine(process.argv.slice(2)).parseAsync()
