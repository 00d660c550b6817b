// The settings of the dashboard: the CATALOG_PAGE_* variables.
import { integer, optionalText, text, type Values } from '@ticklake/runtime/env.ts'
import { hostNames } from '@ticklake/runtime/request-guard.ts'

export const dashboardSchema = {
  CATALOG_PAGE_HOST: text({
    doc: '`serve`: the address that the dashboard listens on; anyone who can reach it can read the lake',
    default: '127.0.0.1',
  }),
  CATALOG_PAGE_PORT: integer({
    doc: '`serve`: the port of the dashboard; 0 picks a free one',
    default: 8080,
    max: 65_535,
  }),
  CATALOG_PAGE_ALLOWED_HOSTS: hostNames({
    doc: '`serve`: host names, comma-separated, under which the dashboard answers, in addition to localhost; requests for any other name are refused',
  }),
  CATALOG_PAGE_PRODUCER_METRICS: optionalText({
    doc: '`serve`: the producers’ /metrics (URLs, comma-separated); without them the dashboard derives the producer’s rate from the topic’s growth',
  }),
  CATALOG_PAGE_CONSUMER_METRICS: optionalText({
    doc: '`serve`: the consumers’ /metrics (URLs, comma-separated); without them the dashboard derives the consumer’s rate from its claims',
  }),
} as const

export interface DashboardConfig {
  readonly host: string
  readonly port: number
  readonly allowedHosts: readonly string[] | undefined
  readonly producerMetrics: readonly string[]
  readonly consumerMetrics: readonly string[]
}

/** The dashboard's settings from the values of the schema. */
export function dashboardOf(values: Values<typeof dashboardSchema>): DashboardConfig {
  return Object.freeze({
    host: values.CATALOG_PAGE_HOST,
    port: values.CATALOG_PAGE_PORT,
    allowedHosts: values.CATALOG_PAGE_ALLOWED_HOSTS,
    producerMetrics: list(values.CATALOG_PAGE_PRODUCER_METRICS),
    consumerMetrics: list(values.CATALOG_PAGE_CONSUMER_METRICS),
  })
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
