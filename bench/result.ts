// The result of a run of the benchmarks: every measurement, and the machine.
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

/** A measurement's figures by name, such as `CPU s/M rows`. */
export type Figures = Readonly<Record<string, number>>

export interface Measurement {
  /** The group of a comparison: contenders of one group do the same work. */
  readonly group: string
  readonly contender: string
  readonly round: number
  readonly figures: Figures
  /** Why the figures are void, such as rows that are missing in the output. */
  readonly void?: string
}

export interface BenchResult {
  readonly at: string
  readonly machine: string
  readonly rows: number
  readonly measurements: readonly Measurement[]
}

/** Processor, memory, kernel and Node. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() || 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} cores (${model}), ${memory} GiB, Linux ${release()}, Node ${process.version}`
}

/** @throws Error when the file does not hold a result */
export function readResult(file: string): BenchResult {
  const result = JSON.parse(readFileSync(file, 'utf8')) as BenchResult
  if (!Array.isArray(result.measurements)) throw new Error(`${file} is no result of the benchmarks`)
  return result
}

/** The median of each figure of a contender over its valid rounds; undefined when there is none. */
export function mediansOf(
  { measurements }: Pick<BenchResult, 'measurements'>,
  group: string,
  contender: string,
): Figures | undefined {
  const valid = measurements.filter(
    (each) => each.group === group && each.contender === contender && each.void === undefined,
  )
  if (valid.length === 0) return undefined
  return Object.fromEntries(
    Object.keys(valid[0]!.figures).map((name) => [name, median(valid.map(({ figures }) => figures[name]!))]),
  )
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2
}

/** The names of a group's contenders, in the order in which they ran. */
export function contendersOf({ measurements }: Pick<BenchResult, 'measurements'>, group: string): string[] {
  return [...new Set(measurements.filter((each) => each.group === group).map(({ contender }) => contender))]
}

export function groupsOf({ measurements }: Pick<BenchResult, 'measurements'>): string[] {
  return [...new Set(measurements.map(({ group }) => group))]
}
