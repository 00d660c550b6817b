// Prepares a round: a topic with rows of past hours, a table, and settings.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestCluster } from '@ticklake/kafka-reader/test-cluster.ts'
import { serviceEnv } from '@ticklake/stack/environment.ts'
import { Service } from '@ticklake/testing/service.ts'
import { createTopic, pastTicks, produce } from '@ticklake/testing/topic.ts'
import { sessionSettings } from './platform.ts'
import { BROKERS, PARTITIONS, PAST_HOURS, type Scenario } from './scenario.ts'

const HOUR_MS = 3_600_000
/** Longer than any query of a round: after it compaction deletes objects that a query may have been reading. */
const DELETE_AFTER_MS = 15_000

/** Leaders return to their preferred brokers within seconds. */
const clusterSettings = {
  ...sessionSettings,
  'auto.leader.rebalance.enable': 'true',
  'leader.imbalance.check.interval.seconds': 2,
  'leader.imbalance.per.broker.percentage': 0,
  'group.initial.rebalance.delay.ms': 0,
}

export interface Prepared {
  readonly scenario: Scenario
  readonly env: Record<string, string>
  /** Where logs and claims are kept. */
  readonly dir: string
  /** The first of the past hours. */
  readonly firstPastMs: number
  /** Brokers of this round alone, whose leaders move; undefined: it uses the platform's. */
  readonly cluster: TestCluster | undefined
}

/** Creates all of it. @throws Error if the campaign's own tools fail */
export async function prepareRound(
  scenario: Scenario,
  stack: Readonly<Record<string, string>>,
  dir: string,
): Promise<Prepared> {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'scenario.json'), `${JSON.stringify(scenario, null, 2)}\n`)
  const cluster = scenario.brokers > 1 ? await TestCluster.start(BROKERS, clusterSettings) : undefined
  try {
    return { scenario, dir, cluster, ...(await fill(scenario, stack, dir, cluster)) }
  } catch (error) {
    await cluster?.[Symbol.asyncDispose]()
    throw error
  }
}

/** The topic with its past rows, and the table. */
async function fill(
  scenario: Scenario,
  stack: Readonly<Record<string, string>>,
  dir: string,
  cluster: TestCluster | undefined,
): Promise<Pick<Prepared, 'env' | 'firstPastMs'>> {
  // Halves the start time of processes, of which a round starts a dozen.
  const env = {
    ...roundEnv(scenario, stack),
    NODE_COMPILE_CACHE: join(dir, '../compiled'),
    ...(cluster && { KAFKA_BOOTSTRAP_SERVERS: cluster.brokers.join(',') }),
  }
  const firstPastMs = Math.floor(Date.now() / HOUR_MS - 24) * HOUR_MS
  const declaring = new Service(['catalog/main.ts', 'declare'], { env, logFile: join(dir, 'declare.log') })
  // With the broker's timestamps no hour would close within a round, so rows of past hours have their own.
  await createTopic(env, PARTITIONS, { 'message.timestamp.type': 'CreateTime' }, scenario.brokers)
  await produce(env, pastTicks(PAST_HOURS, firstPastMs, scenario.pastRows, PARTITIONS))
  if ((await declaring.ended()) !== 0) throw new Error(`catalog declare failed:\n${declaring.stderr}`)
  return { env, firstPastMs }
}

/** Rounds share nothing but the servers. */
function roundEnv(scenario: Scenario, stack: Readonly<Record<string, string>>): Record<string, string> {
  return serviceEnv(stack, {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    LOG_LEVEL: 'debug',
    LAKE_PREFIX: `round-${scenario.seed}`,
    LAKE_DATASET: 'ticks',
    LAKE_DATABASE: `round_${scenario.seed}`,
    LAKE_FORMAT: scenario.format,
    KAFKA_TOPIC: `round-${scenario.seed}`,
    KAFKA_GROUP_PROTOCOL: scenario.protocol,
    PRODUCER_ROWS: String(scenario.rows),
    PRODUCER_RATE: String(scenario.rowsPerSecond),
    PRODUCER_HEALTH_PORT: '0',
    CONSUMER_HEALTH_PORT: '0',
    CONSUMER_FLUSH_AFTER_MS: String(scenario.flushAfterMs),
    CONSUMER_FLUSH_ROWS: String(scenario.flushRows),
    CATALOG_HEALTH_PORT: '0',
    CATALOG_PAGE_PORT: '0',
    CATALOG_HOURS_AHEAD: '2',
    CATALOG_REGISTER_EVERY_MS: '2000',
    CATALOG_COMPACT_EVERY_MS: '2500',
    CATALOG_COMPACT_DELETE_AFTER_MS: String(DELETE_AFTER_MS),
  })
}
