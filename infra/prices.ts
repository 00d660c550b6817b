// What the stack costs a day: list prices of us-east-1 in USD, noted by hand, so that `plan` needs no account.

/** When the prices below were noted. They change, and other regions differ: see aws.amazon.com/pricing. */
export const PRICES_NOTED = '2026-11'

const HOURS_A_DAY = 24
const DAYS_A_MONTH = 30
const MINUTES_A_DAY = 1440

const instanceUsdAnHour: Readonly<Record<string, number>> = {
  't3.micro': 0.0104,
  't3.small': 0.0208,
  't3.medium': 0.0416,
  'm7i.large': 0.1008,
  't4g.micro': 0.0084,
  't4g.small': 0.0168,
  't4g.medium': 0.0336,
  'm7g.large': 0.0816,
}
const GP3_USD_A_GIB_MONTH = 0.08
const ADDRESS_USD_AN_HOUR = 0.005
const SECRET_USD_A_MONTH = 0.4
const ALARM_USD_A_MONTH = 0.1
const PUT_USD = 0.005 / 1000
const ATHENA_USD_A_TB = 5
/** The minimum that Athena bills for a query. */
const ATHENA_LEAST_TB = 10 / 1_000_000
export const CRAWL_USD = 0.15
export const STORAGE_USD_A_GB_MONTH = 0.023
/** How long the bucket keeps deleted and overwritten objects: the lifecycle rule old-versions of template/lake.yaml. */
export const OLD_VERSIONS_DAYS = 30
/** One an hour and one after each compaction; its requests and one query of 10 MB: docs/catalog.md. */
const AUDITS_A_DAY = 50
const AUDIT_USD = 0.0007

const ROOT_GIB = 8
const SECRETS = 4
const PARTITIONS = 3

export interface Cost {
  readonly what: string
  readonly usdADay: number
}

export interface Sizes {
  readonly instanceType: string
  readonly volumeGib: number
  readonly flushAfterMs: number
}

/** The costs while the stack exists, busy or idle. An instance type without a noted price costs NaN. */
export function standingCosts(sizes: Omit<Sizes, 'flushAfterMs'>): Cost[] {
  return [
    {
      what: `the broker's instance, ${sizes.instanceType}`,
      usdADay: (instanceUsdAnHour[sizes.instanceType] ?? Number.NaN) * HOURS_A_DAY,
    },
    { what: 'its public address', usdADay: ADDRESS_USD_AN_HOUR * HOURS_A_DAY },
    {
      what: `its volumes, ${ROOT_GIB} + ${sizes.volumeGib} GiB gp3`,
      usdADay: ((ROOT_GIB + sizes.volumeGib) * GP3_USD_A_GIB_MONTH) / DAYS_A_MONTH,
    },
    {
      what: `${SECRETS} passwords in Secrets Manager`,
      usdADay: (SECRETS * SECRET_USD_A_MONTH) / DAYS_A_MONTH,
    },
    { what: 'the alarm in CloudWatch (ten are free)', usdADay: ALARM_USD_A_MONTH / DAYS_A_MONTH },
  ]
}

/** What a day of streaming adds: each flush of a partition is one object and one claim. */
export function streamingCosts(sizes: Pick<Sizes, 'flushAfterMs'>): Cost[] {
  const flushes = (PARTITIONS * MINUTES_A_DAY * 60_000) / sizes.flushAfterMs
  return [
    {
      what: `S3 PUTs, ${flushes.toFixed(0)} objects and as many claims`,
      usdADay: 2 * flushes * PUT_USD,
    },
    {
      what: 'Athena, one COUNT a minute while `watch` or the page is open',
      usdADay: MINUTES_A_DAY * ATHENA_LEAST_TB * ATHENA_USD_A_TB,
    },
    { what: `${AUDITS_A_DAY} audits of \`catalog serve\``, usdADay: AUDITS_A_DAY * AUDIT_USD },
  ]
}

export function total(costs: readonly Cost[]): number {
  return costs.reduce((sum, cost) => sum + cost.usdADay, 0)
}
