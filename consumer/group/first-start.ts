// The first start of a dataset, before anything is written: a topic whose oldest records are gone needs a start point.
import { Failure } from '@ticklake/runtime/errors.ts'

export interface FirstStartFacts {
  /** Whether the dataset does not exist yet. */
  readonly isNew: () => Promise<boolean>
  /** The first offset that Kafka still has. */
  readonly watermarks: (partition: number) => Promise<{ readonly low: number }>
}

/**
 * Makes sure that a new dataset without a start point can start at offset 0. If it cannot, nothing is left behind.
 * @throws Failure RECORDS_LOST_TO_RETENTION
 */
export async function requireWholeTopic(partitions: number, facts: FirstStartFacts): Promise<void> {
  if (!(await facts.isNew())) return
  const numbers = Array.from({ length: partitions }, (_, partition) => partition)
  const lows = await Promise.all(numbers.map(async (partition) => (await facts.watermarks(partition)).low))
  const deleted = lows.reduce((sum, low) => sum + low, 0)
  if (deleted === 0) return
  const ranges = numbers
    .filter((partition) => lows[partition]! > 0)
    .map((it) => `partition ${it} [0,${lows[it]})`)
  throw new Failure({
    code: 'RECORDS_LOST_TO_RETENTION',
    what: `Kafka has deleted ${deleted} records of the topic before this dataset first started; nothing was written`,
    why: `a new dataset starts at offset 0, and the topic’s retention has deleted ${ranges.join(', ')}`,
    remedy:
      'start it with --from earliest, at the first record that Kafka still has; earlier ones are recorded as skipped',
  })
}
