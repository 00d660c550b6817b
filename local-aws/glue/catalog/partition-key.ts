// The text under which a partition's values are stored and sorted.
import type { PartitionFilter } from './expression.ts'

/** The values as a JSON array: different lists of values give different texts. */
export const partitionKey = (values: readonly string[]) => JSON.stringify(values)

export const valuesOf = (key: string) => JSON.parse(key) as string[]

/**
 * The range of keys with all matches of a filter: from `low` on, below `high`. A wider range is only slower, so
 * a value whose JSON form does not sort like the value itself is not used.
 */
export function keyRange({ equals, atLeast }: PartitionFilter['firstKey']): { low: string; high: string } {
  // Higher than every key: they all start with `[`.
  const everything = { low: '', high: '\\' }
  if (equals !== undefined) {
    const start = JSON.stringify([equals]).slice(0, -1)
    // The first value is followed by `,` or `]`; both are between `,` and `^`.
    return { low: `${start},`, high: `${start}^` }
  }
  if (atLeast !== undefined && /^[#-[\]-~]+$/.test(atLeast)) return { ...everything, low: `["${atLeast}` }
  return everything
}
