// Runs each alert at its interval and notifies once per episode.
import { randomUUID } from 'node:crypto'
import type { Athena } from '@ticklake/aws/athena.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { Episodes } from './episodes.ts'
import { type Notify, targetKey } from './notify.ts'
import type { AlertRule } from './rule.ts'

const ROWS_IN_NOTIFICATION = 5

export interface AlertEvents {
  /** Each check that had an answer. */
  checked(alert: string, firing: boolean): void
  fired(alert: string, rows: readonly string[], logs: boolean): void
  resolved(alert: string, seconds: number): void
}

export interface AlertParts {
  readonly athena: Pick<Athena, 'query'>
  readonly episodes: Episodes
  readonly notify: Notify
  readonly events: AlertEvents
  readonly queryTimeoutMs: number
  /** Runs the check of this alert and reports its failure; the next interval retries it. */
  readonly attempt: (alert: string, work: () => Promise<void>) => Promise<unknown>
}

/** Runs until the signal aborts. */
export async function runAlerts(
  rules: readonly AlertRule[],
  parts: AlertParts,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    rules.map(async (rule) => {
      while (!signal.aborted) {
        const startedAt = performance.now()
        await parts.attempt(rule.name, () => checkAlert(rule, parts, Date.now(), signal))
        await sleep(Math.max(0, startedAt + rule.everyMs - performance.now()), signal)
      }
    }),
  )
}

/**
 * Checks one alert once. The episode is stored before anyone is notified, and each target when it has been: after a
 * crash in between, that target is notified again, with the same id.
 */
export async function checkAlert(
  rule: AlertRule,
  { athena, episodes, notify, events, queryTimeoutMs }: AlertParts,
  nowMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const options = { timeoutMs: queryTimeoutMs, ...(signal && { signal }) }
  const rows = await firstRows(athena, rule, nowMs, options)
  let episode = await episodes.of(rule.name)
  if (rows.length === 0) {
    if (episode) {
      await episodes.set(rule.name, undefined)
      events.resolved(rule.name, (nowMs - episode.sinceMs) / 1000)
    }
    events.checked(rule.name, false)
    return
  }
  if (!episode) {
    episode = { id: randomUUID(), sinceMs: nowMs, rows, notified: [] }
    await episodes.set(rule.name, episode)
    events.fired(
      rule.name,
      rows,
      rule.targets.some(({ kind }) => kind === 'log'),
    )
  }
  events.checked(rule.name, true)
  let failure: unknown
  for (const target of rule.targets) {
    if (target.kind === 'log' || target.kind === 'page' || episode.notified.includes(targetKey(target)))
      continue
    // A started check is finished: a target that was notified but not recorded would be notified again after a restart.
    if (signal?.aborted) return
    try {
      await notify(target, rule.name, episode)
      episode = { ...episode, notified: [...episode.notified, targetKey(target)] }
      await episodes.set(rule.name, episode)
    } catch (error) {
      // The other targets are still notified.
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
}

/** As strings; the rest is not read, since a result may be the whole lake. @throws Failure that names the alert */
async function firstRows(
  athena: AlertParts['athena'],
  { name, sql }: AlertRule,
  nowMs: number,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<string[]> {
  const rows: (readonly (string | null)[])[] = []
  try {
    const result = await athena.query(sql(nowMs), options)
    for await (const batch of result.rows) {
      rows.push(...batch.slice(0, ROWS_IN_NOTIFICATION - rows.length))
      if (rows.length === ROWS_IN_NOTIFICATION) break
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure({
      code: 'ALERT_NOT_CHECKED',
      what: `the alert ${name} could not be checked; it stays as it was until the next check`,
      why: error.why ?? reasonOf(error),
      remedy: error.remedy ?? 'correct its statement in alerts.yml, then start `catalog serve` again',
      retryable: true,
      cause: error,
    })
  }
  return rows.map((row) => row.map((cell) => cell ?? 'NULL').join(', '))
}
