// The end of `make test` and `make e2e`: where the time went, what was skipped and why, what failed; the counts last.
import type { RunResult } from './count-reporter.ts'
import { addUp, type Counts, countsLine } from './counts.ts'

/** Prints it; exit status 1 where anything failed. @param others what was counted beside the runs */
export function summarize(results: readonly RunResult[], others: readonly Counts[] = []): void {
  const part = (title: string, lines: readonly string[]) => {
    if (lines.length > 0)
      process.stdout.write(`\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}\n`)
  }
  part(
    'Where the time went',
    results.flatMap(({ slowest }) => slowest),
  )
  part('Skipped', [...new Set(results.flatMap(({ skips }) => skips))])
  part(
    'Failed',
    results.flatMap(({ failures }) => failures),
  )
  const sum = addUp([...others, ...results])
  process.stdout.write(`${countsLine(sum)}\n`)
  if (sum.failed > 0) process.exitCode = 1
}
