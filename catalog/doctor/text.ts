// How doctor's outcomes are shown: a line each, three more for a failure; or JSON for programs.
import { inOneLine } from '@ticklake/runtime/errors.ts'
import { checkNames, type Outcome } from './doctor.ts'

/** How `catalog doctor` writes: a line for each check as it ends, or one array at the end. */
export const doctorFormats = ['table', 'json'] as const

const stateLabels = { ok: 'ok     ', failed: 'FAILED ', skipped: 'skipped' } as const
const nameWidth = Math.max(...checkNames.map((name) => name.length))

/** `ok       bucket            s3://ticklake answers  0.1 s`; what, why and do below a failure. */
export function outcomeLines(outcome: Outcome): string[] {
  const start = `${stateLabels[outcome.state]}  ${outcome.check.padEnd(nameWidth)}`
  const seconds = `${outcome.seconds.toFixed(1)} s`
  switch (outcome.state) {
    case 'ok':
      return [`${start}  ${outcome.saw}  ${seconds}`]
    case 'skipped':
      return [`${start}  (because ${outcome.because})`]
    case 'failed': {
      const { code, message, why, remedy } = outcome.failure
      const below = (label: string, text: string | undefined) =>
        text ? [`           ${label} ${inOneLine(text, '; ')}`] : []
      return [
        `${start}  ${code}  ${seconds}`,
        ...below('what:', message),
        ...below('why: ', why),
        ...below('do:  ', remedy),
      ]
    }
  }
}

/** The last line. */
export function summaryLine(outcomes: readonly Outcome[]): string {
  const names = outcomes.filter(({ state }) => state === 'failed').map(({ check }) => check)
  const count = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state).length
  const tail = `${count('ok')} ok, ${names.length} failed, ${count('skipped')} skipped`
  return names.length === 0 ? `doctor: ${tail}` : `doctor: ${tail}: fix ${names.join(', ')}`
}

/** One outcome as a record with the same text as in the table. */
export function outcomeRecord(outcome: Outcome): Record<string, unknown> {
  const { check, state } = outcome
  const seconds = Number(outcome.seconds.toFixed(3))
  switch (outcome.state) {
    case 'ok':
      return { check, state, seconds, saw: outcome.saw }
    case 'skipped':
      return { check, state, seconds, because: outcome.because }
    case 'failed': {
      const { code, message, why, remedy } = outcome.failure
      return { check, state, seconds, code, what: message, why: why ?? null, do: remedy ?? null }
    }
  }
}
