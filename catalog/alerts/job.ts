// Runs each alert at its interval and notifies once per episode.
import { randomUUID } from 'node:crypto'
import type { Athena } from '@ticklake/aws/athena.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { Episodes } from './episodes.ts'
import { type Notify, targetKey } from './notify.ts'
import type { AlertRule } from './rule.ts'

const ROWS_IN_NOTIFICATION = 5

export interface AlertEvents {
  fired(alert: string, rows: readonly string[], logs: boolean): void
  resolved(alert: string, seconds: number): void
}

export interface AlertParts {
  readonly athena: Pick<Athena, 'rows'>
  readonly episodes: Episodes
  readonly notify: Notify
  readonly events: AlertEvents
  readonly queryTimeoutMs: number
  /** Runs the work and reports its failure; the next interval retries it. */
  readonly attempt: (work: () => Promise<void>) => Promise<unknown>
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
        await parts.attempt(() => checkAlert(rule, parts, Date.now(), signal))
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
  const rows = await athena.rows(rule.sql(nowMs), {
    timeoutMs: queryTimeoutMs,
    ...(signal ? { signal } : {}),
  })
  let episode = await episodes.of(rule.name)
  if (rows.length === 0) {
    if (!episode) return
    await episodes.set(rule.name, undefined)
    events.resolved(rule.name, (nowMs - episode.sinceMs) / 1000)
    return
  }
  if (!episode) {
    const texts = rows
      .slice(0, ROWS_IN_NOTIFICATION)
      .map((row) => row.map((cell) => cell ?? 'NULL').join(', '))
    episode = { id: randomUUID(), sinceMs: nowMs, rows: texts, notified: [] }
    await episodes.set(rule.name, episode)
    events.fired(
      rule.name,
      texts,
      rule.targets.some(({ kind }) => kind === 'log'),
    )
  }
  let failure: unknown
  for (const target of rule.targets) {
    if (target.kind === 'log' || target.kind === 'page' || episode.notified.includes(targetKey(target)))
      continue
    try {
      await notify(target, rule.name, episode)
      episode = { ...episode, notified: [...episode.notified, targetKey(target)] }
      await episodes.set(rule.name, episode)
    } catch (error) {
      // The other targets are notified all the same.
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
}
