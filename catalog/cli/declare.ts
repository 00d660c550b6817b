// `catalog declare`: creates the table and everything that belongs to it.

import { openAws } from '@ticklake/aws/clients.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { whileWaiting } from '@ticklake/runtime/terminal.ts'
import { catalogConfig } from '../config.ts'
import { declare } from '../tables/declare.ts'

/** @throws Failure if something differs, or Glue or S3 do not answer */
export async function runDeclareCommand(
  { env, stdout, stderr }: CommandHost,
  { replace }: { replace: boolean },
  _signal: AbortSignal,
): Promise<void> {
  const config = catalogConfig(env)
  using aws = openAws(config.lake)
  const said: string[] = []
  const declaring = declare(aws, config, { replace, nowMs: Date.now(), say: (line) => said.push(line) })
  try {
    await whileWaiting(() => `declaring (${said.at(-1) ?? 'reading Glue'})`, declaring, stderr)
  } finally {
    // Also after a failure: what was created exists.
    stdout.write(said.map((line) => `${printable(line)}\n`).join(''))
  }
}
