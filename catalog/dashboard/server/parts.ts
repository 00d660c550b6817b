// What the dashboard uses: clients, settings, events, and the jobs of `serve` that it may start.
import type { Aws } from '@ticklake/aws/clients.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import type { Audit } from '../../audit/job.ts'
import type { CatalogConfig } from '../../config.ts'
import type { DashboardEvents } from './events.ts'
import type { FiringAlert } from './wire.ts'

export interface LiveParts {
  readonly aws: Aws
  readonly broker: Broker
  readonly config: CatalogConfig
  readonly events: DashboardEvents
  /** The alerts that are firing now. */
  readonly firingAlerts: () => readonly FiringAlert[]
}

export interface DashboardParts extends LiveParts {
  /** The dashboard may start the crawler. */
  readonly allowCrawl: boolean
  /** Runs one audit at a time, together with those that the service runs by itself. */
  readonly audit: Audit
}
