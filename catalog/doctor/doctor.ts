// What `doctor` looks at, in which order, and what is left out when something before it failed.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { whenAborted } from '@ticklake/runtime/process.ts'

interface Check {
  /** What must be well before this can be looked at. */
  readonly needs: readonly CheckName[]
  /** A look that has no answer by then has failed: nothing hangs. */
  readonly withinMs: number
}

export const checkNames = [
  'configuration',
  'clock',
  'credentials',
  'bucket',
  'write',
  'conditional PUT',
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

/** In the order of checkNames: each needs only what stands before it. */
export const checks: Readonly<Record<CheckName, Check>> = {
  configuration: { needs: [], withinMs: 5_000 },
  clock: { needs: ['configuration'], withinMs: 20_000 },
  credentials: { needs: ['configuration'], withinMs: 30_000 },
  bucket: { needs: ['credentials'], withinMs: 20_000 },
  write: { needs: ['bucket'], withinMs: 20_000 },
  'conditional PUT': { needs: ['write'], withinMs: 20_000 },
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

/** What a look may answer instead of what it saw: there is nothing to look at here. That stands in nobody's way. */
export interface NotNeeded {
  readonly notNeeded: string
}

/** Looks once. Out: what was seen, in a line. @throws Failure when it is not as it must be */
export type Look = (signal: AbortSignal) => Promise<string | NotNeeded>
export type Looks = Readonly<Record<CheckName, Look>>

export type Verdict =
  | { readonly state: 'ok'; readonly saw: string }
  | { readonly state: 'skipped'; readonly because: string }
  | { readonly state: 'failed'; readonly failure: Failure }

export type Outcome = Verdict & { readonly check: CheckName; readonly seconds: number }

/**
 * Makes all looks in order and tells each outcome as it comes. Nothing is thrown: a defect is a failed check too.
 * @param signal ends the look under way; the rest is skipped
 */
export async function* examine(
  looks: Looks,
  signal: AbortSignal,
  withinMs: (check: CheckName) => number = (check) => checks[check].withinMs,
): AsyncGenerator<Outcome> {
  /** Each check that has no good answer, with the failed one that is the reason. */
  const roots = new Map<CheckName, CheckName>()
  for (const check of checkNames) {
    const startedAt = performance.now()
    const blocker = checks[check].needs.find((need) => roots.has(need))
    const root = blocker && roots.get(blocker)
    const verdict: Verdict = signal.aborted
      ? { state: 'skipped', because: 'it was stopped' }
      : root
        ? { state: 'skipped', because: `${root} failed` }
        : await verdictOf(looks[check], signal, withinMs(check))
    if (verdict.state === 'failed') roots.set(check, check)
    else if (root) roots.set(check, root)
    yield { ...verdict, check, seconds: (performance.now() - startedAt) / 1000 }
  }
}

/** Whether nothing is wrong: what was not needed is no fault, what could not be looked at is. */
export function isWell(outcomes: readonly Outcome[], signal: AbortSignal): boolean {
  return !signal.aborted && outcomes.every(({ state }) => state !== 'failed')
}

async function verdictOf(look: Look, signal: AbortSignal, withinMs: number): Promise<Verdict> {
  const late = new AbortController()
  // Not AbortSignal.timeout: that one does not keep the process alive, which would then end without a verdict.
  const timer = setTimeout(() => late.abort(), withinMs)
  const stop = AbortSignal.any([signal, late.signal])
  try {
    const saw = await Promise.race([look(stop), whenAborted(stop)])
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
    remedy: 'see that the address is the right one and that the way to it is open, then run doctor again',
    retryable: true,
  })
}

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  return new Failure({
    code: 'UNEXPECTED',
    what: 'the look ended in an error that doctor has no words for',
    why: reasonOf(thrown),
    remedy: 'read the answer above; the checks around this one may tell more',
    cause: thrown,
  })
}
