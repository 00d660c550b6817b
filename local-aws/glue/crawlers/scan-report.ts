// Which objects a scan left out and why, and what is unusual about those that it read; for the crawl's summary and log.
import type { Warning } from './broken-lines.ts'

interface Group {
  count: number
  /** The number of affected lines in all its objects. */
  lines: number
  /** The first few of them. */
  readonly examples: string[]
}

export interface ScanCounts {
  objects: number
  /** Objects whose beginning was read and recognized. */
  recognized: number
  /** By the reason. */
  readonly leftOut: Record<string, Group>
  /** By the warning. */
  readonly warnings: Record<string, Group>
}

const examplesKept = 5

export class ScanReport {
  readonly counts: ScanCounts = { objects: 0, recognized: 0, leftOut: {}, warnings: {} }

  /** @param reason why the object is left out, if it is */
  listed(uri: string, reason: string | undefined): void {
    this.counts.objects++
    if (reason !== undefined) add(this.counts.leftOut, reason, uri)
  }

  leftOut(uri: string, reason: string): void {
    add(this.counts.leftOut, reason, uri)
  }

  sampled(uri: string, warning: Warning | undefined): void {
    this.counts.recognized++
    if (warning) add(this.counts.warnings, warning.text, uri, warning.lines)
  }
}

function add(groups: Record<string, Group>, name: string, uri: string, lines = 0): void {
  groups[name] ??= { count: 0, lines: 0, examples: [] }
  const group = groups[name]
  group.count++
  group.lines += lines
  if (group.examples.length < examplesKept) group.examples.push(uri)
}
