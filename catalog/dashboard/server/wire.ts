// The messages between server and browser, as types that both sides share.

/** An error as the dashboard shows it: what, why, what to do. */
export interface Problem {
  readonly code: string
  readonly what: string
  readonly why?: string
  readonly remedy?: string
  /** Position in the statement, both from 1. */
  readonly line?: number
  readonly column?: number
}

/**
 * `flow`: data moves; `quiet`: works, nothing moves; `waiting`: no answer yet; `behind`: records wait and nothing moves
 * yet; `broken`: see the problem.
 */
export type Health = 'flow' | 'quiet' | 'waiting' | 'behind' | 'broken'

export interface Stage {
  readonly health: Health
  readonly problem?: Problem
}

export interface PartitionOffsets {
  readonly partition: number
  readonly low: number
  readonly end: number
  /** null: the claims could not be read yet */
  readonly claimed: number | null
  readonly lag: number | null
}

export interface ProducerStage extends Stage {
  readonly rowsPerSecond: number | null
  /** From its metrics, if their address is set. */
  readonly delivered: number | null
  readonly skipped: number | null
}

export interface TopicStage extends Stage {
  readonly name: string
  readonly records: number | null
  readonly partitions: readonly PartitionOffsets[]
}

export interface ConsumerStage extends Stage {
  readonly rowsPerSecond: number | null
  readonly lag: number | null
  readonly refused: number | null
  readonly bufferBytes: number | null
}

export interface ObjectsStage extends Stage {
  readonly bucket: string
  readonly prefix: string
  readonly objects: number | null
  readonly bytes: number | null
  readonly lastKey: string | null
  readonly lastAgeMs: number | null
}

export interface GlueStage extends Stage {
  readonly database: string
  readonly table: string
  readonly partitions: number | null
  readonly crawler: string
  /** READY, RUNNING, STOPPING; null: there is no crawler */
  readonly crawlerState: string | null
  readonly lastCrawl: string | null
  readonly lastCrawlAt: number | null
}

export interface AthenaStage extends Stage {
  readonly count: number | null
  readonly countedAt: number | null
  readonly everyMs: number
  readonly elapsedMs: number | null
  readonly scannedBytes: number | null
  /** Broker time of the newest row, from Athena. */
  readonly newestMs: number | null
}

/** An alert of alerts.yml that is firing. */
export interface FiringAlert {
  readonly name: string
  readonly sinceMs: number
  /** The first rows that its statement returned. */
  readonly rows: readonly string[]
}

export interface Pipeline {
  readonly at: number
  readonly producer: ProducerStage
  readonly topic: TopicStage
  readonly consumer: ConsumerStage
  readonly s3: ObjectsStage
  readonly glue: GlueStage
  readonly athena: AthenaStage
  readonly alerts: readonly FiringAlert[]
}

/** One point over time; unknown values are null. */
export interface Sample {
  readonly at: number
  readonly produced: number | null
  readonly claimed: number | null
  readonly count: number | null
  readonly freshnessMs: number | null
}

/** One or more ticks of an index, in order of arrival: at high rates a candle has several. */
export interface Candle {
  readonly index: string
  /** The first and the last tick: trading days, or times of intraday ticks. */
  readonly from: string
  readonly to: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly ticks: number
  /** Of intraday ticks: all ticks of a minute are one candle, which is sent again while it grows. */
  readonly minute?: string
}

/** The events of the stream, by name. */
export interface StreamEvents {
  readonly pipeline: Pipeline
  readonly history: readonly Sample[]
  readonly sample: Sample
  readonly prices: { readonly reset: boolean; readonly candles: readonly Candle[] }
  readonly ticksProblem: Problem | null
}

export interface Example {
  readonly title: string
  readonly sql: string
}

export interface About {
  readonly bucket: string
  readonly prefix: string
  readonly dataset: string
  readonly format: string
  readonly database: string
  readonly table: string
  readonly view: string
  readonly workgroup: string
  readonly topic: string
  /** false: the local AWS, where nothing is billed */
  readonly onAws: boolean
  readonly allowCrawl: boolean
  readonly countEveryMs: number
  readonly examples: readonly Example[]
}

export interface Column {
  readonly name: string
  readonly type: string
  readonly comment?: string
}

export type Cell = string | null

/** The lines of a running query's answer, one JSON text each. */
export type QueryLine =
  | { readonly type: 'columns'; readonly columns: readonly Column[]; readonly id: string }
  | { readonly type: 'rows'; readonly rows: readonly (readonly Cell[])[] }
  | {
      readonly type: 'end'
      readonly rows: number
      readonly truncated: boolean
      readonly elapsedMs: number
      readonly scannedBytes: number
      readonly dollars: number
    }
  | { readonly type: 'error'; readonly problem: Problem }

export interface TableSummary {
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly columns: readonly Column[]
}

export interface DatabaseSummary {
  readonly name: string
  readonly description: string
  readonly tables: readonly TableSummary[]
}

export interface TableDetail {
  readonly database: string
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly description: string
  readonly location: string
  readonly columns: readonly Column[]
  readonly partitionKeys: readonly Column[]
  readonly parameters: Readonly<Record<string, string>>
  readonly storage: Readonly<Record<string, string>>
  readonly viewSql: string | null
  readonly createdAt: number | null
  readonly updatedAt: number | null
  readonly partitionCount: number
  /** The newest, by their values. */
  readonly partitions: readonly { readonly values: readonly string[]; readonly location: string }[]
}

export interface ObjectSummary {
  readonly key: string
  readonly size: number
}

export interface CrawlSummary {
  readonly crawler: string
  readonly state: string | null
  readonly status: string | null
  readonly message: string | null
  readonly startedAt: number | null
  /** Tables that all crawls of the crawler have created, changed, deleted. */
  readonly created: number
  readonly updated: number
  readonly deleted: number
  readonly database: string
  readonly tables: readonly {
    readonly name: string
    readonly columns: number
    readonly partitions: number
    readonly objects: string | null
    readonly records: string | null
  }[]
}

export interface ClaimRow {
  readonly partition: number
  readonly S: number
  readonly E: number
  readonly rows: number
  readonly dead: number
  readonly gaps: number
  readonly skipped: number
  readonly reason: string | null
  readonly files: readonly { readonly key: string; readonly rows: number }[]
  readonly encoder: string
  readonly ageMs: number
  readonly fault: string | null
}

export interface DeadLetterRow {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number | null
  readonly reason: string
  readonly detail: string
  readonly key: string | null
  readonly value: string | null
  readonly valueBytes: number
  readonly file: string
}

export interface DeadLetters {
  readonly files: number
  readonly letters: readonly DeadLetterRow[]
  readonly byReason: Readonly<Record<string, number>>
  /** Files with unreadable lines. */
  readonly problems: readonly Problem[]
  /** Older dead-letter files were not opened. */
  readonly truncated: boolean
}

export interface AuditResult {
  readonly line: string
  readonly ok: boolean
  readonly produced: number
  readonly landed: number
  readonly dead: number
  readonly skipped: number
  readonly gaps: number
  readonly lost: number
  readonly twice: number
  readonly waiting: number
  readonly claims: number
  readonly objects: number
  readonly verifiedHours: number
  readonly elapsedMs: number
  readonly scannedBytes: number
  readonly findings: readonly {
    readonly kind: string
    readonly what: string
    readonly remedy: string
    readonly lost: number
    readonly twice: number
  }[]
}

export type ChartType = 'line' | 'bar' | 'candle' | 'scatter'

/** How a result is drawn. */
export interface ChartOptions {
  readonly type: ChartType
  /** The column of the horizontal axis. */
  readonly x: string
  /** The columns that are drawn; for candles: open, high, low, close. */
  readonly y: readonly string[]
  /** One line or colour per value of this column. */
  readonly series?: string
}

export interface ChartToSave {
  readonly name: string
  readonly sql: string
  readonly options: ChartOptions
}

export interface SavedChart extends ChartToSave {
  readonly id: string
  readonly savedAt: number
}
