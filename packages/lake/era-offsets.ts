// Converts Kafka's offsets to the lake's: after a recorded truncation they are shifted, so that a new log's records
// follow those of the previous log.

/** The same offsets, as in claims. @param shifts of the partitions' eras; absent: 0 */
export function inLakeOffsets<
  T extends { readonly partition: number; readonly low: number; readonly end: number },
>(partitions: readonly T[], shifts: ReadonlyMap<number, number>): T[] {
  return partitions.map((one) => {
    const shift = shifts.get(one.partition) ?? 0
    return { ...one, low: one.low + shift, end: one.end + shift }
  })
}

/** By partition. */
export function shiftsOf(
  tails: readonly { readonly partition: number; readonly shift: number }[],
): Map<number, number> {
  return new Map(tails.map(({ partition, shift }) => [partition, shift]))
}
