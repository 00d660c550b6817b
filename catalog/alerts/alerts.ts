// The alerts of one `catalog serve`: their rules, their state and the notifier, from the settings.
import type { Aws } from '@ticklake/aws/clients.ts'
import { readNamedFile } from '@ticklake/runtime/named-file.ts'
import type { CatalogConfig } from '../config.ts'
import { readAlerts } from './alerts-file.ts'
import { Episodes } from './episodes.ts'
import { type Notify, notifier } from './notify.ts'
import type { AlertRule } from './rule.ts'

export interface Alerts extends Disposable {
  readonly rules: readonly AlertRule[]
  readonly episodes: Episodes
  readonly notify: Notify
  /** The firing alerts that the dashboard shows. */
  firing(): FiringAlert[]
}

export interface FiringAlert {
  readonly name: string
  readonly sinceMs: number
  readonly rows: readonly string[]
}

/** undefined if no file is set. @throws Failure ALERTS_INVALID */
export function openAlerts(aws: Pick<Aws, 'bucket'>, config: CatalogConfig): Alerts | undefined {
  if (config.alertsFile === undefined) return undefined
  const rules = readAlerts(config.alertsFile, config.lake)
  const secretFile = config.alertsSecretFile
  const secret =
    secretFile === undefined ? undefined : readNamedFile('CATALOG_ALERTS_SECRET_FILE', secretFile).trim()
  const episodes = new Episodes(aws.bucket, config.lake)
  const notify = notifier(secret)
  const shown = new Set(
    rules.filter(({ targets }) => targets.some(({ kind }) => kind === 'page')).map(({ name }) => name),
  )
  return {
    rules,
    episodes,
    notify,
    firing: () =>
      episodes
        .firing()
        .filter(([name]) => shown.has(name))
        .map(([name, { sinceMs, rows }]) => ({ name, sinceMs, rows })),
    [Symbol.dispose]: () => notify[Symbol.dispose](),
  }
}
