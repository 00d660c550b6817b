// What a query would cost on AWS. https://aws.amazon.com/athena/pricing/: 5 $ a TB scanned, 10 MB a query at least.
import type { ReadKind } from './read-only.ts'

const TB = 1024 ** 4
const LEAST_BYTES = 10 * 1024 ** 2
const DOLLARS_PER_TB = 5

/** In US dollars. SHOW, DESCRIBE and EXPLAIN read no data and are free. */
export function athenaCost(scannedBytes: number, kind: ReadKind): number {
  if (kind !== 'select' && kind !== 'explain analyze') return 0
  return (Math.max(scannedBytes, LEAST_BYTES) / TB) * DOLLARS_PER_TB
}
