// How many tests passed, failed and were skipped, added up over runs: the last line of `make test`.
export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export function addUp(all: readonly Counts[]): Counts {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const each of all) {
    sum.passed += each.passed
    sum.failed += each.failed
    sum.skipped += each.skipped
  }
  return sum
}

export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
