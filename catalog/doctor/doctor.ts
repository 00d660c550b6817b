// The checks of `doctor`, their order, and which are skipped when an earlier one failed.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { whenAborted } from '@ticklake/runtime/process.ts'

interface Check {
  /** Checks that must succeed before this one can run. */
  readonly needs: readonly CheckName[]
  /** A check without an answer by then fails, so nothing hangs. */
  readonly withinMs: number
}

export const checkNames = [
  'configuration',
  'clock',
  'credentials',
  'bucket',
  'write',
  'conditional PUT',
  'chains of claims',
  'Glue',
  'Athena workgroup',
  'Athena query',
  'broker name',
  'broker TCP',
  'broker TLS',
  'broker SASL',
  'broker API',
  'advertised',
  'topic',
  'topic time',
  'group protocol',
] as const
export type CheckName = (typeof checkNames)[number]

/** In the order of checkNames: each needs only earlier ones. */
export const checks: Readonly<Record<CheckName, Check>> = {
  configuration: { needs: [], withinMs: 5_000 },
  clock: { needs: ['configuration'], withinMs: 20_000 },
  credentials: { needs: ['configuration'], withinMs: 30_000 },
  bucket: { needs: ['credentials'], withinMs: 20_000 },
  write: { needs: ['bucket'], withinMs: 20_000 },
  'conditional PUT': { needs: ['write'], withinMs: 20_000 },
  'chains of claims': { needs: ['bucket'], withinMs: 20_000 },
  Glue: { needs: ['credentials'], withinMs: 20_000 },
  'Athena workgroup': { needs: ['credentials'], withinMs: 20_000 },
  'Athena query': { needs: ['Athena workgroup', 'bucket'], withinMs: 90_000 },
  'broker name': { needs: ['configuration'], withinMs: 15_000 },
  'broker TCP': { needs: ['broker name'], withinMs: 15_000 },
  'broker TLS': { needs: ['broker TCP'], withinMs: 15_000 },
  'broker SASL': { needs: ['broker TLS'], withinMs: 20_000 },
  'broker API': { needs: ['broker SASL'], withinMs: 20_000 },
  advertised: { needs: ['broker API'], withinMs: 30_000 },
  topic: { needs: ['broker API'], withinMs: 20_000 },
  'topic time': { needs: ['topic'], withinMs: 20_000 },
  'group protocol': { needs: ['broker API'], withinMs: 20_000 },
}

/** The answer of a check that does not apply here; it blocks no other. */
export interface NotNeeded {
  readonly notNeeded: string
}

/** Runs one check. Out: what it found, in a line. @throws Failure when something is wrong */
export type RunCheck = (signal: AbortSignal) => Promise<string | NotNeeded>
export type Checks = Readonly<Record<CheckName, RunCheck>>

export type Result =
  | { readonly state: 'ok'; readonly saw: string }
  | { readonly state: 'skipped'; readonly because: string }
  | { readonly state: 'failed'; readonly failure: Failure }

export type Outcome = Result & { readonly check: CheckName; readonly seconds: number }

/**
 * Runs all checks in order and yields each outcome. Nothing is thrown: an unexpected error is a failed check, too.
 * @param signal aborted: the running check ends, the rest is skipped
 */
export async function* examine(
  runs: Checks,
  signal: AbortSignal,
  withinMs: (check: CheckName) => number = (check) => checks[check].withinMs,
): AsyncGenerator<Outcome> {
  /** Each check that did not succeed, with the failed check that caused it. */
  const roots = new Map<CheckName, CheckName>()
  for (const check of checkNames) {
    const startedAt = performance.now()
    const blocker = checks[check].needs.find((need) => roots.has(need))
    const root = blocker && roots.get(blocker)
    const result: Result = signal.aborted
      ? { state: 'skipped', because: 'it was stopped' }
      : root
        ? { state: 'skipped', because: `${root} failed` }
        : await resultOf(runs[check], signal, withinMs(check))
    if (result.state === 'failed') roots.set(check, check)
    else if (root) roots.set(check, root)
    yield { ...result, check, seconds: (performance.now() - startedAt) / 1000 }
  }
}

/** Whether nothing is wrong; a check that does not apply is not a fault. */
export function isWell(outcomes: readonly Outcome[], signal: AbortSignal): boolean {
  return !signal.aborted && outcomes.every(({ state }) => state !== 'failed')
}

async function resultOf(run: RunCheck, signal: AbortSignal, withinMs: number): Promise<Result> {
  const late = new AbortController()
  // Not AbortSignal.timeout, which does not keep the process alive, so that it would end without an answer.
  const timer = setTimeout(() => late.abort(), withinMs)
  const stop = AbortSignal.any([signal, late.signal])
  try {
    const saw = await Promise.race([run(stop), whenAborted(stop)])
    return typeof saw === 'string' ? { state: 'ok', saw } : { state: 'skipped', because: saw.notNeeded }
  } catch (error) {
    if (signal.aborted) return { state: 'skipped', because: 'it was stopped' }
    return { state: 'failed', failure: late.signal.aborted ? noAnswer(withinMs) : failureOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

function noAnswer(withinMs: number): Failure {
  return new Failure({
    code: 'NO_ANSWER',
    what: `there was no answer within ${withinMs / 1000} s`,
    why: 'a firewall or a security group that drops packets looks like this, and so does a server that hangs',
    remedy: 'check the address and the firewalls in between, then run doctor again',
    retryable: true,
  })
}

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  return new Failure({
    code: 'UNEXPECTED',
    what: 'the check ended in an unexpected error',
    why: reasonOf(thrown),
    remedy: 'read the answer above; the checks around this one may say more',
    cause: thrown,
  })
}
