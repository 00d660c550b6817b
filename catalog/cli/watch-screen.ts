// The small screen of `watch --full`: the topic's partitions, the lake, what Athena counts and how fast it grows.
import { grouped } from '@ticklake/runtime/number-text.ts'
import { printableLine } from '@ticklake/runtime/printable.ts'
import { type Colours, cut } from '@ticklake/runtime/terminal.ts'
import { freshnessSeconds, rowsPerSecond, type Sample } from './watch-line.ts'

export interface PartitionState {
  readonly partition: number
  readonly end: number
  readonly landedOffset: number
  readonly lag: number
}

/** What was read; a text says why there is no answer, undefined: no answer yet. */
export interface ScreenState {
  readonly title: string
  readonly atMs: number
  readonly partitions: readonly PartitionState[] | string | undefined
  readonly lake:
    | { readonly objects: number; readonly bytes: number; readonly newestClaimAtMs: number | undefined }
    | string
    | undefined
  /** All samples so far, oldest first; the last one is shown. */
  readonly samples: readonly Sample[]
  /** Why the last count failed. */
  readonly countProblem: string | undefined
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** The lines of the screen; none wider than the terminal, and no more than its rows. */
export function screenLines(state: ScreenState, { columns, rows }: Size, colours: Colours): string[] {
  const label = (name: string) => colours.dim(name.padEnd(8))
  const line = (name: string, text: string, paint = (painted: string) => painted) =>
    label(name) + paint(cut(printableLine(text), Math.max(1, columns - 8)))
  const clock = `${new Date(state.atMs).toISOString().slice(11, 19)} UTC`
  const title = cut(printableLine(state.title), Math.max(1, columns - clock.length - 2))
  const lines = [
    `${colours.bold(title)}${' '.repeat(Math.max(1, columns - title.length - clock.length))}${clock}`,
    '',
  ]

  if (state.partitions === undefined) lines.push(line('topic', 'asking'))
  else if (typeof state.partitions === 'string') lines.push(line('topic', state.partitions, colours.red))
  else lines.push(...partitionLines(state.partitions, rows - 8, line, colours))

  if (state.lake === undefined) lines.push(line('lake', 'asking'))
  else if (typeof state.lake === 'string') lines.push(line('lake', state.lake, colours.red))
  else {
    const { objects, bytes, newestClaimAtMs } = state.lake
    const age =
      newestClaimAtMs === undefined
        ? 'no claim yet'
        : `last object ${seconds(state.atMs - newestClaimAtMs)} ago`
    lines.push(line('lake', `${grouped(objects)} objects | ${(bytes / 1e6).toFixed(1)} MB | ${age}`))
  }

  const now = state.samples.at(-1)
  if (state.countProblem) lines.push(line('athena', state.countProblem, colours.red))
  else if (now) {
    const fresh = freshnessSeconds(now)
    const newest = fresh === undefined ? 'no row in the last hours' : `newest row ${fresh.toFixed(1)} s old`
    lines.push(line('athena', `${grouped(now.rows)} rows | ${newest} | answered in ${now.queryMs} ms`))
  } else lines.push(line('athena', 'waiting'))

  const rates = state.samples.slice(1).map((sample, i) => rowsPerSecond(sample, state.samples[i]) ?? 0)
  const rate = rates.at(-1)
  const text = rate === undefined ? '-' : `${grouped(Math.round(rate))} rows/s `
  lines.push(
    line('rate', text + sparkline(rates.slice(-Math.max(0, columns - 10 - text.length))), colours.green),
  )
  lines.push('', colours.dim(cut('Ctrl-C ends', columns)))
  return lines.slice(0, Math.max(1, rows - 1))
}

function partitionLines(
  all: readonly PartitionState[],
  maxLines: number,
  line: (name: string, text: string, paint?: (text: string) => string) => string,
  colours: Colours,
): string[] {
  const row = (first: string, ...numbers: string[]) =>
    `${first.padStart(9)}${numbers.map((number) => number.padStart(14)).join('')}`
  // If they do not all fit, those with the largest lag are shown.
  const most = Math.max(1, maxLines)
  const shown = [...all].sort((a, b) => b.lag - a.lag).slice(0, most)
  const lines = shown
    .sort((a, b) => a.partition - b.partition)
    .map((state) => {
      const text = row(
        String(state.partition),
        grouped(state.end),
        grouped(state.landedOffset),
        grouped(state.lag),
      )
      return line('', text, state.lag > 0 ? colours.yellow : undefined)
    })
  const sum = (of: (state: PartitionState) => number) =>
    grouped(all.reduce((total, state) => total + of(state), 0))
  const hidden = all.length - shown.length
  return [
    line('topic', row('partition', 'end', 'landed', 'lag')),
    ...lines,
    ...(hidden > 0 ? [line('', `${hidden} more with less lag`.padStart(9))] : []),
    ...(all.length > 1
      ? [
          line(
            '',
            row(
              'all',
              sum(({ end }) => end),
              sum(({ landedOffset }) => landedOffset),
              sum(({ lag }) => lag),
            ),
          ),
        ]
      : []),
  ]
}

const bars = '▁▂▃▄▅▆▇█'

/** One character per number, as high as it is relative to the highest. */
export function sparkline(numbers: readonly number[]): string {
  const highest = Math.max(...numbers, 1)
  return numbers
    .map(
      (number) => bars[Math.min(bars.length - 1, Math.floor((Math.max(0, number) / highest) * bars.length))],
    )
    .join('')
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}
