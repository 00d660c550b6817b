// The settings of the catalog: the CATALOG_* variables, in addition to KAFKA_* and LAKE_* of every service.

import { type LakeConfig, lakeOf, lakeSchema } from '@ticklake/aws/config.ts'
import { isForeignKafkaName, type KafkaConfig, kafkaSchema } from '@ticklake/kafka/config.ts'
import {
  type Env,
  integer,
  milliseconds,
  optional,
  optionalText,
  pattern,
  readEnv,
  text,
  type Values,
} from '@ticklake/runtime/env.ts'
import { hostNames } from '@ticklake/runtime/request-guard.ts'
import { type DashboardConfig, dashboardOf, dashboardSchema } from './dashboard/server/config.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export const catalogSchema = {
  CATALOG_VIEW: pattern(/^[a-z0-9_-]{1,255}$/, 'a Glue view name ([a-z0-9_-])', {
    doc: 'the view that shows the table under the column names of the usual tutorials',
    default: 'kafka_stock_market_demo',
  }),
  CATALOG_HOURS_AHEAD: integer({
    doc: 'how many hours ahead partitions are registered, so that a row is counted as soon as it has landed: `serve` may be away for that long, but a query lists each of them',
    default: 6,
    min: 1,
    max: 240,
  }),
  CATALOG_REGISTER_EVERY_MS: integer({
    doc: '`serve`: how often it looks for new partitions (three or four S3 LIST requests each time)',
    default: 5_000,
    min: 250,
    max: DAY_MS,
  }),
  CATALOG_CRAWLER: optionalText({
    doc: 'the Glue crawler’s name; `ticklake-<dataset>` when unset',
  }),
  CATALOG_CRAWLER_ROLE: text({
    doc: 'the IAM role (name or ARN) of a crawler that ticklake creates',
    default: 'ticklake-crawler',
  }),
  CATALOG_CRAWL_EVERY_MS: milliseconds({
    doc: '`serve`: how often the crawler is started; 0 is never (on AWS a crawl costs $0.44 a DPU-hour, 10 minutes at least)',
    default: 0,
  }),
  CATALOG_CRAWL_TIMEOUT_MS: integer({
    doc: 'how long to wait for a crawl',
    default: 1_800_000,
    min: 1_000,
    max: DAY_MS,
  }),
  CATALOG_QUERY_TIMEOUT_MS: integer({
    doc: 'how long one of the catalog’s own Athena queries may take before it is cancelled; `query` itself waits as long as it takes',
    default: 600_000,
    min: 1_000,
    max: DAY_MS,
  }),
  CATALOG_WATCH_EVERY_MS: optional(
    integer({
      doc: '`watch` and the count of `serve`: how often Athena counts; by default each second where AWS_ENDPOINT_URL is set, and once a minute on AWS, which bills at least 10 MB each time',
      min: 250,
      max: DAY_MS,
    }),
  ),
  CATALOG_IN_FLIGHT_MS: integer({
    doc: '`audit`: how long after a partition’s newest claim its objects may be missing before its rows count as lost',
    default: 30_000,
    max: 3_600_000,
  }),
  CATALOG_COMPACT_EVERY_MS: integer({
    doc: '`serve`: how often closed hours are compacted; 0 is never',
    default: 300_000,
    max: DAY_MS,
  }),
  CATALOG_COMPACT_DELETE_AFTER_MS: integer({
    doc: 'how long after the switch to a compacted hour its small objects are deleted: no query may run longer',
    default: 3_600_000,
    max: 30 * DAY_MS,
  }),
  CATALOG_AUDIT_EVERY_MS: optional(
    integer({
      doc: '`serve`: how often an audit is run, in addition to the one after each compaction that changed something; 0 is never. By default each hour, but never for json-object on AWS, where each record of the last hours would be a GET',
      max: DAY_MS / 2,
    }),
  ),
  CATALOG_HEALTH_HOST: text({
    doc: '`serve`: the address that /metrics, /livez and /readyz listen on',
    default: '127.0.0.1',
  }),
  CATALOG_HEALTH_PORT: integer({
    doc: '`serve`: the port of /metrics, /livez and /readyz; 0 picks a free one',
    default: 9103,
    max: 65_535,
  }),
  CATALOG_HEALTH_ALLOWED_HOSTS: hostNames({
    doc: '`serve`: host names under which they answer, in addition to localhost and CATALOG_HEALTH_HOST, for a Prometheus that scrapes `catalog:9103`',
  }),
  CATALOG_ALERTS_FILE: optionalText({
    doc: '`serve` and `alerts plan`: the file with the alerts (docs/catalog.md#alerts); without it none runs',
  }),
  CATALOG_ALERTS_SECRET_FILE: optionalText({
    doc: '`serve`: a file with the secret that signs webhooks of alerts (HMAC-SHA256); without it they are not signed',
  }),
  ...dashboardSchema,
} as const

export interface CatalogConfig {
  readonly lake: LakeConfig
  readonly kafka: KafkaConfig
  readonly view: string
  readonly hoursAhead: number
  readonly registerEveryMs: number
  readonly crawler: string
  readonly crawlerRole: string
  /** 0: never */
  readonly crawlEveryMs: number
  readonly crawlTimeoutMs: number
  readonly queryTimeoutMs: number
  readonly watchEveryMs: number
  readonly inFlightMs: number
  /** 0: never */
  readonly compactEveryMs: number
  readonly compactDeleteAfterMs: number
  /** 0: never, also not after a compaction */
  readonly auditEveryMs: number
  readonly healthHost: string
  readonly healthPort: number
  readonly healthAllowedHosts: readonly string[] | undefined
  readonly alertsFile: string | undefined
  readonly alertsSecretFile: string | undefined
  readonly dashboard: DashboardConfig
}

/** Reads all settings of the catalog. @throws Failure CONFIG_INVALID that lists every problem */
export function catalogConfig(env: Env): CatalogConfig {
  const schema = { ...kafkaSchema, ...lakeSchema, ...catalogSchema }
  const values: Values<typeof schema> = readEnv(
    schema,
    env,
    ['CATALOG_', 'LAKE_', 'KAFKA_'],
    isForeignKafkaName,
  )
  const lake = lakeOf(values)
  return Object.freeze({
    lake,
    kafka: values,
    view: values.CATALOG_VIEW,
    hoursAhead: values.CATALOG_HOURS_AHEAD,
    registerEveryMs: values.CATALOG_REGISTER_EVERY_MS,
    crawler: values.CATALOG_CRAWLER ?? `ticklake-${lake.dataset}`,
    crawlerRole: values.CATALOG_CRAWLER_ROLE,
    crawlEveryMs: values.CATALOG_CRAWL_EVERY_MS,
    crawlTimeoutMs: values.CATALOG_CRAWL_TIMEOUT_MS,
    queryTimeoutMs: values.CATALOG_QUERY_TIMEOUT_MS,
    watchEveryMs: values.CATALOG_WATCH_EVERY_MS ?? (env.AWS_ENDPOINT_URL ? 1_000 : 60_000),
    inFlightMs: values.CATALOG_IN_FLIGHT_MS,
    compactEveryMs: values.CATALOG_COMPACT_EVERY_MS,
    compactDeleteAfterMs: values.CATALOG_COMPACT_DELETE_AFTER_MS,
    auditEveryMs:
      values.CATALOG_AUDIT_EVERY_MS ?? (lake.format === 'json-object' && !env.AWS_ENDPOINT_URL ? 0 : HOUR_MS),
    healthHost: values.CATALOG_HEALTH_HOST,
    healthPort: values.CATALOG_HEALTH_PORT,
    healthAllowedHosts: values.CATALOG_HEALTH_ALLOWED_HOSTS,
    alertsFile: values.CATALOG_ALERTS_FILE,
    alertsSecretFile: values.CATALOG_ALERTS_SECRET_FILE,
    dashboard: dashboardOf(values),
  })
}

/** The database that the crawler writes into, beside the declared one. */
export function crawledDatabase(lake: Pick<LakeConfig, 'database'>): string {
  return `${lake.database}_crawled`
}
