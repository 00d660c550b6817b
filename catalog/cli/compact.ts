// `catalog compact`: compacts the closed hours now.

import { openAws } from '@ticklake/aws/clients.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { grouped } from '@ticklake/runtime/number-text.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { progressLine } from '@ticklake/runtime/terminal.ts'
import { counted } from '../audit/finding.ts'
import { compact } from '../compaction/compact.ts'
import { catalogConfig } from '../config.ts'

/** Exit status 1 when an hour could not be compacted. @throws Failure when a service does not answer */
export async function runCompactCommand(
  host: CommandHost,
  flags: { readonly hour: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const config = catalogConfig(host.env)
  const hour = flags.hour === undefined ? undefined : hourOfFlag(flags.hour)
  using aws = openAws(config.lake)
  using broker = new Broker(config.kafka)
  using progress = progressLine(host.stderr)
  let done = 0
  const say = (line: string) => {
    progress.clear()
    host.stdout.write(`${printable(line)}\n`)
  }
  progress.show('compact: listing closed hours')
  await compact(aws, broker, config, {
    hour,
    signal,
    events: {
      merged({ hour: name, from, to, rows, late }) {
        done++
        say(
          `${name}: ${counted(from, 'object')} became ${to}, ${grouped(rows)} rows${late ? ', including late ones' : ''}`,
        )
      },
      switched: ({ hour: name, tables }) => say(`${name}: now read by ${tables.join(', ')}`),
      deleted: ({ hour: name, objects }) => say(`${name}: ${counted(objects, 'old object')} deleted`),
      refused({ hour: name, why }) {
        host.exitCode = 1
        say(`${name}: not compacted, ${why}`)
      },
    },
  })
  say(`compact: ${counted(done, 'hour')} compacted`)
}

/** `2026-11-21T09` as the hour is named everywhere: `2026-11-21-09`. */
function hourOfFlag(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)[T -]([01]\d|2[0-3])(:00)?Z?$/.exec(text)
  if (match) return `${match[1]}-${match[2]}`
  throw new Failure({
    code: 'USAGE',
    what: `--hour ${text} is not an hour; nothing was compacted`,
    remedy: 'write it as 2026-11-21T09, in UTC',
  })
}
