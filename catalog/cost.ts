// What a query would cost on AWS. https://aws.amazon.com/athena/pricing/: $5 a TB scanned, 10 MB a query at least.

/** Athena counts in powers of two, and by whole megabytes. */
const MB = 2 ** 20
const TB = 2 ** 40
const LEAST_BYTES = 10 * MB
const DOLLARS_PER_TB = 5

/** In US dollars, for a statement that reads data; any other (DDL, SHOW, a plain EXPLAIN) is free. */
export function athenaCost(scannedBytes: number): number {
  const billed = Math.max(Math.ceil(scannedBytes / MB) * MB, LEAST_BYTES)
  return (billed / TB) * DOLLARS_PER_TB
}
