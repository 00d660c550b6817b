#!/usr/bin/env node
// `generate`: writes the full-size market file.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { csvLines, ROWS } from './generate.ts'

const usage = `node data/main.ts generate --out FILE [--seed NUMBER]

  Writes a made-up market file as large as the real one (${ROWS.toLocaleString('en')} rows, 14 indices, 1965 to 2021).
  The same seed gives the same bytes.

  --out FILE     where to write it; - is standard output
  --seed NUMBER  a whole number; 1965 when not given`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, seed: { type: 'string', default: '1965' }, help: { type: 'boolean' } },
})

if (values.help) {
  console.log(usage)
} else if (positionals.join() !== 'generate' || !values.out || !/^\d{1,9}$/.test(values.seed)) {
  console.error(usage)
  process.exitCode = 1
} else {
  const lines = Readable.from(csvLines(Number(values.seed)))
  await pipeline(lines, values.out === '-' ? process.stdout : createWriteStream(values.out))
  if (values.out !== '-') console.error(`${values.out}: ${ROWS.toLocaleString('en')} rows`)
}
