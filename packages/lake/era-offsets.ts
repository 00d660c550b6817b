// Kafka's offsets of a partition as the lake has them: after a recorded truncation they are shifted, so that a new log's
// records follow those of the log before.

/** The same offsets, as claims have them. @param shifts of the eras that partitions are in; absent: 0 */
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
