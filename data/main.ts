#!/usr/bin/env node
// `generate`: writes the full-size market file.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { csvLines, ROWS } from './generate.ts'

const usage = `node data/main.ts generate --out FILE [--seed NUMBER]

  Writes a generated market file as large as the real one (${ROWS.toLocaleString('en')} rows, 14 indices, 1965 to 2021).
  The same seed gives the same bytes.

  --out FILE     where to write it; - is standard output
  --seed NUMBER  a whole number; 1965 when not given`

const { help, out, seed, command } = typed()
if (help) {
  console.log(usage)
} else if (command !== 'generate' || !out || !/^\d{1,9}$/.test(seed)) {
  console.error(usage)
  process.exitCode = 1
} else {
  await write(out, Number(seed))
}

function typed(): { help?: boolean | undefined; out?: string | undefined; seed: string; command: string } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        seed: { type: 'string', default: '1965' },
        help: { type: 'boolean' },
      },
    })
    return { ...values, command: positionals.join() }
  } catch (error) {
    console.error(`error: ${(error as Error).message}\n`)
    return { seed: '', command: '' }
  }
}

async function write(out: string, seed: number): Promise<void> {
  try {
    await pipeline(Readable.from(csvLines(seed)), out === '-' ? process.stdout : createWriteStream(out))
    if (out !== '-') console.error(`${out}: ${ROWS.toLocaleString('en')} rows`)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // A reader that closes the pipe early (`| head`) is no error.
    if (code === 'EPIPE') return
    console.error(`error: ${out} cannot be written (further): ${message}`)
    process.exitCode = 1
  }
}
