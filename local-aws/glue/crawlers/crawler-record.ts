// A crawler as it is stored, created from the input of CreateCrawler and UpdateCrawler, and shown as by GetCrawler.
import { invalidInput } from '../api/errors.ts'
import type { Classifier } from './classifier-record.ts'
import { exclusionTest } from './exclusions.ts'
import { parseIncludePath } from './include-path.ts'
import type { Policies } from './policies.ts'
import type { ScanOptions } from './scan.ts'
import { schedule } from './schedule.ts'

export interface S3Target {
  Path: string
  Exclusions?: string[]
  SampleSize?: number
  ConnectionName?: string
  EventQueueArn?: string
  DlqEventQueueArn?: string
}

interface IcebergInput {
  Paths?: string[]
  Exclusions?: string[]
  MaximumTraversalDepth?: number
}

/** AWS's limit, and its default if a target does not set it. */
const mostIcebergDepth = 20

/** The caller's input; absent members stay absent. */
export interface CrawlerInput {
  Name: string
  Role: string
  DatabaseName?: string
  Description?: string
  Targets: { S3Targets?: S3Target[]; IcebergTargets?: IcebergInput[] } & Record<string, unknown[] | undefined>
  Schedule?: string
  Classifiers?: string[]
  TablePrefix?: string
  SchemaChangePolicy?: { UpdateBehavior?: string; DeleteBehavior?: string }
  RecrawlPolicy?: { RecrawlBehavior?: string }
  LineageConfiguration?: { CrawlerLineageSettings?: string }
  LakeFormationConfiguration?: object
  Configuration?: string
  CrawlerSecurityConfiguration?: string
}

export type CrawlerState = 'READY' | 'RUNNING' | 'STOPPING'

export interface LastCrawl {
  Status: 'SUCCEEDED' | 'CANCELLED' | 'FAILED'
  ErrorMessage?: string
  LogGroup: string
  LogStream: string
  MessagePrefix: string
  StartTime: number
}

export interface CrawlerRecord {
  input: CrawlerInput
  scheduleState: 'SCHEDULED' | 'NOT_SCHEDULED'
  state: CrawlerState
  created: number
  updated: number
  version: number
  /** The running crawl. */
  crawlId?: string
  runningSince?: number
  lastCrawl?: LastCrawl
}

interface Configuration {
  Grouping?: { TableGroupingPolicy?: string; TableLevelConfiguration?: number }
  CrawlerOutput?: {
    Partitions?: { AddOrUpdateBehavior?: string }
    Tables?: { AddOrUpdateBehavior?: string; TableThreshold?: number }
  }
}

export const inputMembers = [
  'Name',
  'Role',
  'DatabaseName',
  'Description',
  'Targets',
  'Schedule',
  'Classifiers',
  'TablePrefix',
  'SchemaChangePolicy',
  'RecrawlPolicy',
  'LineageConfiguration',
  'LakeFormationConfiguration',
  'Configuration',
  'CrawlerSecurityConfiguration',
] as const

const otherTargets = [
  'JdbcTargets',
  'MongoDBTargets',
  'DynamoDBTargets',
  'CatalogTargets',
  'DeltaTargets',
  'HudiTargets',
]

/** Refuses settings that a crawl could not follow. @throws GlueError InvalidInputException */
export function checkInput(input: CrawlerInput): void {
  const { Targets, Schedule, SchemaChangePolicy: policy = {}, RecrawlPolicy } = input
  const other = otherTargets.find((name) => (Targets[name]?.length ?? 0) > 0)
  if (other) throw invalidInput(`${other} are not available here: crawlers read S3Targets and IcebergTargets`)
  const { S3Targets = [], IcebergTargets = [] } = Targets
  if (S3Targets.length + IcebergTargets.length === 0)
    throw invalidInput('Crawler must have at least one target.')
  if (!input.DatabaseName) throw invalidInput('DatabaseName is required for a crawler with S3 targets')
  for (const { Path, Exclusions = [], SampleSize, EventQueueArn, DlqEventQueueArn } of S3Targets) {
    if (EventQueueArn || DlqEventQueueArn) throw invalidInput(noEvents('EventQueueArn'))
    if (SampleSize !== undefined && !(SampleSize >= 1 && SampleSize <= 249)) {
      throw invalidInput('SampleSize must be between 1 and 249')
    }
    try {
      parseIncludePath(Path ?? '')
      exclusionTest(Exclusions)
    } catch (error) {
      throw invalidInput((error as Error).message)
    }
  }
  for (const { Paths = [], Exclusions = [] } of IcebergTargets) {
    try {
      for (const path of Paths) parseIncludePath(path)
      exclusionTest(Exclusions)
    } catch (error) {
      throw invalidInput((error as Error).message)
    }
  }
  if (Schedule) checkSchedule(Schedule)
  const recrawl = RecrawlPolicy?.RecrawlBehavior ?? 'CRAWL_EVERYTHING'
  if (recrawl === 'CRAWL_EVENT_MODE') throw invalidInput(noEvents('RecrawlBehavior CRAWL_EVENT_MODE'))
  const logsOnly = (policy.UpdateBehavior ?? 'LOG') === 'LOG' && (policy.DeleteBehavior ?? 'LOG') === 'LOG'
  if (recrawl === 'CRAWL_NEW_FOLDERS_ONLY' && !logsOnly) {
    throw invalidInput(
      'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior value and LOG UpdateBehavior value.',
    )
  }
  checkConfiguration(configurationOf(input))
}

const noEvents = (what: string) =>
  `${what} is not available here: there are no S3 event notifications, and each crawl lists its targets`

function checkConfiguration({ Grouping = {}, CrawlerOutput: { Tables = {} } = {} }: Configuration): void {
  const numbers = {
    TableLevelConfiguration: Grouping.TableLevelConfiguration,
    TableThreshold: Tables.TableThreshold,
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw invalidInput(`${name} in the crawler configuration must be a whole number of at least 1`)
    }
  }
}

/** @throws GlueError InvalidInputException */
export function checkSchedule(expression: string): void {
  try {
    schedule(expression)
  } catch (error) {
    throw invalidInput(`Invalid cron expression: ${expression} (${(error as Error).message})`)
  }
}

function configurationOf({ Configuration: text }: CrawlerInput): Configuration {
  if (!text) return {}
  try {
    const configuration: unknown = JSON.parse(text)
    if (typeof configuration === 'object' && configuration !== null) return configuration
  } catch {
    // reported below
  }
  throw invalidInput('The crawler configuration is not valid JSON')
}

/** The crawler in GetCrawler's answer: every target list is present, even if empty. */
export function shownCrawler(record: CrawlerRecord, nowSeconds: number): object {
  const { Targets, Schedule, ...input } = record.input
  const targets: Record<string, unknown> = Object.fromEntries(otherTargets.map((name) => [name, []]))
  return {
    ...input,
    Targets: {
      S3Targets: (Targets.S3Targets ?? []).map((target) => ({ Exclusions: [], ...target })),
      ...targets,
      IcebergTargets: (Targets.IcebergTargets ?? []).map((target) => ({ Exclusions: [], ...target })),
    },
    Classifiers: input.Classifiers ?? [],
    RecrawlPolicy: { RecrawlBehavior: recrawlOf(record.input) },
    SchemaChangePolicy: policyOf(record.input),
    LineageConfiguration: { CrawlerLineageSettings: 'DISABLE', ...input.LineageConfiguration },
    LakeFormationConfiguration: {
      UseLakeFormationCredentials: false,
      AccountId: '',
      ...input.LakeFormationConfiguration,
    },
    ...(Schedule ? { Schedule: { ScheduleExpression: Schedule, State: record.scheduleState } } : {}),
    State: record.state,
    CrawlElapsedTime: record.runningSince ? Math.round((nowSeconds - record.runningSince) * 1000) : 0,
    CreationTime: record.created,
    LastUpdated: record.updated,
    ...(record.lastCrawl ? { LastCrawl: record.lastCrawl } : {}),
    Version: record.version,
  }
}

function recrawlOf({ RecrawlPolicy }: CrawlerInput): string {
  return RecrawlPolicy?.RecrawlBehavior ?? 'CRAWL_EVERYTHING'
}

export function crawlsNewFoldersOnly(input: CrawlerInput): boolean {
  return recrawlOf(input) === 'CRAWL_NEW_FOLDERS_ONLY'
}

function policyOf(input: CrawlerInput) {
  const defaults = crawlsNewFoldersOnly(input)
    ? { UpdateBehavior: 'LOG', DeleteBehavior: 'LOG' }
    : { UpdateBehavior: 'UPDATE_IN_DATABASE', DeleteBehavior: 'DEPRECATE_IN_DATABASE' }
  return { ...defaults, ...input.SchemaChangePolicy }
}

/** What a crawl scans, and how. */
export function scanOptions(
  input: CrawlerInput,
  knownLocations: readonly string[],
  classifiers: readonly Classifier[],
): ScanOptions {
  const { Grouping = {} } = configurationOf(input)
  return {
    crawler: input.Name,
    tablePrefix: input.TablePrefix ?? '',
    targets: (input.Targets.S3Targets ?? []).map(({ Path, Exclusions = [], SampleSize }) => ({
      path: Path,
      exclusions: Exclusions,
      ...(SampleSize === undefined ? {} : { sampleSize: SampleSize }),
    })),
    icebergTargets: (input.Targets.IcebergTargets ?? []).map(
      ({ Paths = [], Exclusions = [], MaximumTraversalDepth = mostIcebergDepth }) => ({
        paths: Paths,
        exclusions: Exclusions,
        mostDepth: MaximumTraversalDepth,
      }),
    ),
    grouping: {
      combine: Grouping.TableGroupingPolicy === 'CombineCompatibleSchemas',
      ...(Grouping.TableLevelConfiguration ? { level: Grouping.TableLevelConfiguration } : {}),
    },
    knownLocations,
    classifiers,
  }
}

/** How the found tables are written into the catalog. */
export function policies(input: CrawlerInput): Policies {
  const { UpdateBehavior, DeleteBehavior } = policyOf(input)
  const { Partitions = {}, Tables = {} } = configurationOf(input).CrawlerOutput ?? {}
  return {
    crawler: input.Name,
    database: input.DatabaseName!,
    paths: includePaths(input).map((path) => {
      const { bucket, prefix } = parseIncludePath(path)
      return `s3://${bucket}/${prefix}`
    }),
    update: UpdateBehavior as Policies['update'],
    remove: DeleteBehavior as Policies['remove'],
    inheritFromTable: Partitions.AddOrUpdateBehavior === 'InheritFromTable',
    mergeNewColumns: Tables.AddOrUpdateBehavior === 'MergeNewColumns',
    ...(Tables.TableThreshold === undefined ? {} : { tableThreshold: Tables.TableThreshold }),
  }
}

const includePaths = ({ Targets: { S3Targets = [], IcebergTargets = [] } }: CrawlerInput) => [
  ...S3Targets.map(({ Path }) => Path),
  ...IcebergTargets.flatMap(({ Paths = [] }) => Paths),
]
