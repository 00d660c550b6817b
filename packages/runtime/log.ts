// One logger for every service: JSON lines on stderr, pretty on a terminal, without secrets.
import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Env } from './env.ts'
import { printable, printableJson, printableLine } from './printable.ts'
import { hideSecretsOf, redactLine } from './redact.ts'
import { hasColours } from './terminal.ts'

export type { Logger } from 'pino'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/**
 * A logger that names its service in every line. Standard output stays free for results.
 * @param env LOG_LEVEL (info by default), LOG_FORMAT (json | pretty; by default pretty on a terminal). The values of
 * its secret variables are kept out of every line @param out where lines go
 */
export function makeLogger(
  service: string,
  env: Env = process.env,
  out: DestinationStream & { isTTY?: boolean } = process.stderr,
): Logger {
  hideSecretsOf(env)
  const asPretty = env.LOG_FORMAT ? env.LOG_FORMAT === 'pretty' : out.isTTY === true
  const options: LoggerOptions = {
    base: { service },
    level: levels.includes(env.LOG_LEVEL ?? '') ? env.LOG_LEVEL! : 'info',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // The whole line, not only known paths: errors of clients contain settings and requests. A line of JSON also
    // reaches terminals: through `docker logs`, `tail` or `less -r`.
    hooks: { streamWrite: (line) => printableJson(redactLine(line)) },
  }
  // Straight to the descriptor: lines before a crash are written, too.
  if (!asPretty)
    return pino(options, out === process.stderr ? pino.destination({ dest: 2, sync: true }) : out)
  const prettyOf = prettyFactory({
    ignore: 'service',
    messageFormat: '{service}: {msg}',
    // One line per event here too; only the stack of a defect takes more.
    singleLine: true,
    colorize: hasColours(out, env),
  })
  return pino(options, { write: (line) => void out.write(prettyOf(printableEntry(line))) })
}

/** The entry with its texts safe for a terminal; only a stack has several lines. */
function printableEntry(line: string): string {
  const safe = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return name === 'stack' ? printable(value) : printableLine(value)
    if (Array.isArray(value)) return value.map((one) => safe(one, name))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([inner, one]) => [printableLine(inner), safe(one, inner)]),
    )
  }
  try {
    return JSON.stringify(safe(JSON.parse(line), ''))
  } catch {
    return printable(line)
  }
}
