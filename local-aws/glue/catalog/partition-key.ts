// How a partition's values become the one text that it is stored and ordered by.
import type { PartitionFilter } from './expression.ts'

/** The values as a JSON array: no two lists of values give the same text. */
export const partitionKey = (values: readonly string[]) => JSON.stringify(values)

export const valuesOf = (key: string) => JSON.parse(key) as string[]

/**
 * Between which keys the matches of a filter lie: from `low` on, below `high`. A wider range is only slower, so
 * a text whose JSON form would not sort as the text itself is not used.
 */
export function keyRange({ equals, atLeast }: PartitionFilter['firstKey']): { low: string; high: string } {
  // Above every key: they all start with `[`.
  const everything = { low: '', high: '\\' }
  if (equals !== undefined) {
    const start = JSON.stringify([equals]).slice(0, -1)
    // After the first value comes `,` or `]`; both lie between `,` and `^`.
    return { low: `${start},`, high: `${start}^` }
  }
  if (atLeast !== undefined && /^[#-[\]-~]+$/.test(atLeast)) return { ...everything, low: `["${atLeast}` }
  return everything
}
