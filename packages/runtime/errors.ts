// Errors as a user reads them: what happened, why, and what to do next.
import { printable } from './printable.ts'
import { redactText } from './redact.ts'

export interface FailureFacts {
  /** A stable name in capitals that logs, tests and docs/troubleshooting.md refer to. */
  readonly code: string
  /** What failed, and what that means for the data. */
  readonly what: string
  /** Why, as far as known: the variable, file, line or answer that led here. */
  readonly why?: string
  /** The next thing for the user to do. */
  readonly remedy?: string
  /** Whether a retry may succeed without a change. */
  readonly retryable?: boolean
  readonly cause?: unknown
}

/** An error that a user can act on. Everything else that is thrown is a defect and keeps its stack. */
export class Failure extends Error {
  readonly code: string
  readonly why: string | undefined
  readonly remedy: string | undefined
  readonly retryable: boolean

  constructor(facts: FailureFacts) {
    super(facts.what, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'Failure'
    this.code = facts.code
    this.why = facts.why
    this.remedy = facts.remedy
    this.retryable = facts.retryable ?? false
  }
}

/** The code of a Failure; undefined for anything else. */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Failure ? thrown.code : undefined
}

/** The text without blank lines, and without white space at the ends of lines. */
export function inOneLine(text: string, separator = ' '): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(separator)
}

/** The message of anything that was thrown, for the `why` of a Failure. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(reasonOf).join('; ')
  if (thrown instanceof Error) return thrown.message || thrown.name
  return String(thrown)
}

/**
 * The lines that a terminal shows for an error: what, why, what to do. A Failure has at most three lines; anything else
 * is a defect and is shown with its stack. Secrets are removed, and control characters are escaped.
 */
export function renderError(thrown: unknown): string {
  if (!(thrown instanceof Failure)) {
    return shown(thrown instanceof Error ? (thrown.stack ?? String(thrown)) : String(thrown))
  }
  const lines = [`error ${thrown.code}: ${thrown.message}`]
  if (thrown.why) lines.push(`  why: ${thrown.why}`)
  if (thrown.remedy) lines.push(`  do:  ${thrown.remedy}`)
  return shown(lines.join('\n'))
}

/** Causes are texts from outside: of brokers, servers, files and their names. */
function shown(text: string): string {
  return printable(redactText(text))
}
