// docs/benchmarks.md and its plots, from the results of one or more runs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { barPlot } from './plot.ts'
import {
  type BenchResult,
  contendersOf,
  type Figures,
  groupsOf,
  type Measurement,
  median,
  mediansOf,
} from './result.ts'

/** Bars longer than this multiple of the median are not drawn. */
const MOST_OF_MEDIAN = 20

interface Group {
  readonly title: string
  readonly text: string
  /** The figure that is plotted. */
  readonly plotted?: string
}

const groups: Readonly<Record<string, Group>> = {
  land: {
    title: 'From the topic to the bucket',
    text: 'Each contender lands the same topic, from its start until its group has committed the end. CPU is that of all its processes, start included. What it wrote is read back: a missing, duplicate or different row makes the figure void. `json-object` writes one object a record, and lands a smaller topic.',
    plotted: 'CPU s/M rows',
  },
  growth: {
    title: 'How cost grows',
    text: 'Parquet, read by batches: more rows, and larger messages. Those have a field that the contract does not know, so each is parsed, and the field is left out.',
    plotted: 'CPU s/M rows',
  },
  read: {
    title: 'The ceiling: counting records',
    text: 'Nothing is validated, encoded or written.',
    plotted: 'CPU s/M rows',
  },
  send: {
    title: 'Into the topic',
    text: 'Rows of the generator at full speed, against records of as many bytes by Kafka’s own tool; acknowledged by all replicas, idempotent, lz4. Both are counted in the topic.',
    plotted: 'rows/s',
  },
  freshness: {
    title: 'Freshness',
    text: 'How old a row is, by the broker’s clock, when a SELECT through Athena’s API first shows it. The consumer flushes after 1 s; then a row waits for the SELECT that just missed it, and for the next one, whose time is the last column.',
    plotted: 'p99 ms',
  },
  stack: {
    title: 'The local stack',
    text: 'A warm start (everything is downloaded), the first answer to a query counted from the same moment, and the memory of all servers after it.',
  },
}

/** Pairs whose ratio has a line: how many times more the first does than the second. */
const ratios: readonly { group: string; ours: string; theirs: string }[] = [
  ...['ticklake parquet, batches', 'ticklake jsonl, batches', 'ticklake parquet, client'].map((ours) => ({
    group: 'land',
    ours,
    theirs: 'Kafka Connect, Iceberg sink',
  })),
  { group: 'land', ours: 'ticklake parquet, batches', theirs: 'ticklake parquet, client' },
  { group: 'read', ours: 'kafka-reader', theirs: 'Java’s ConsumerPerformance' },
  { group: 'send', ours: 'ticklake producer', theirs: 'Java’s ProducerPerformance' },
]

/** The medians as text, then the lines `ratio …`. */
export function summaryOf(result: BenchResult): string {
  const lines = groupsOf(result).flatMap((group) =>
    contendersOf(result, group).map((name) => {
      const figures = mediansOf(result, group, name)
      const shown = figures
        ? Object.entries(figures).map(([figure, value]) => `${formatted(value)} ${figure}`)
        : ['void']
      return `${group.padEnd(10)} ${name.padEnd(38)} ${shown.join(', ')}`
    }),
  )
  return [...lines, ...ratioLines(result)].join('\n')
}

/** One measurement, as it is shown while the benchmarks run. */
export function lineOf({ group, contender, round, figures, void: wrong }: Measurement): string {
  const shown = Object.entries(figures).map(([name, value]) => `${formatted(value)} ${name}`)
  return `${group.padEnd(10)} ${contender.padEnd(38)} ${round}: ${shown.join(', ')}${wrong ? `; VOID: ${wrong}` : ''}`
}

/** Writes the page and a plot beside it for each group that has one. */
export function writePage(docs: string, results: readonly BenchResult[]): void {
  const merged: BenchResult = { ...results[0]!, measurements: results.flatMap((each) => each.measurements) }
  const sections = groupsOf(merged).map((group) => section(docs, merged, group))
  const text = `${intro(results)}\n${sections.join('\n')}\n## Ratios\n\n${ratioLines(merged)
    .map((line) => `    ${line}\n`)
    .join('')}`
  writeFileSync(join(docs, 'benchmarks.md'), text)
}

function intro(results: readonly BenchResult[]): string {
  const runs = results.map(
    ({ at, machine, rows }) => `- ${at.slice(0, 16)}Z, ${rows.toLocaleString('en')} rows: ${machine}`,
  )
  return `# Benchmarks

Written by \`make bench\` from the files in bench/results/. All contenders of a group run in turn against one broker
and one S3 server, round after round; figures are medians.

${runs.join('\n')}

| command | what it does |
|---|---|
| \`make bench\` | everything, three rounds of 1,000,000 rows; \`ROWS=${results[0]!.rows}\` repeats the run above, \`ROUNDS=5\`, \`ONLY=parquet\` |
| \`make bench-quick\` | two minutes, without a peer; checks what is written, and keeps no figures |
| \`make soak\` | an hour at 50,000 rows a second, a line a minute with the memory of each service, then the audit; \`MINUTES=5\`, \`RATE=10000\` |

The peer is no part of this project. \`BENCH_PEER\` names a folder with the jars of Kafka Connect and Kafka’s tools
(\`connect/libs\`) and of Apache Iceberg’s sink (\`iceberg/plugin\`), \`BENCH_JAVA\` a Java 17 or newer.
`
}

function section(docs: string, result: BenchResult, group: string): string {
  const { title, text, plotted } = groups[group] ?? { title: group, text: '' }
  const names = contendersOf(result, group)
  const medians = new Map(names.map((name) => [name, mediansOf(result, group, name)]))
  const figureNames = [...new Set([...medians.values()].flatMap((figures) => Object.keys(figures ?? {})))]
  const rows = names.map((name) => {
    const figures = medians.get(name)
    const cells = figureNames.map((figure) => (figures ? cell(figures, figure) : 'void'))
    return `| ${name} | ${cells.join(' | ')} |`
  })
  const head = `| | ${figureNames.join(' | ')} |\n|---|${figureNames.map(() => '---:|').join('')}`
  let plot = ''
  if (plotted) {
    const file = `pictures/bench-${group}.svg`
    const bars = names.flatMap((name) => {
      const value = medians.get(name)?.[plotted]
      return value === undefined ? [] : [{ name, value }]
    })
    const highest = median(bars.map(({ value }) => value)) * MOST_OF_MEDIAN
    const drawn = bars.filter(({ value }) => value <= highest)
    const left = bars.filter(({ value }) => value > highest).map(({ name }) => name)
    writeFileSync(join(docs, file), barPlot(plotted, drawn))
    plot = `\n![${title}: ${plotted}](${file})\n`
    if (left.length > 0) plot += `\nNot drawn, because its bar would dwarf the others: ${left.join('; ')}.\n`
  }
  return `## ${title}\n\n${text}\n\n${head}\n${rows.join('\n')}\n${plot}`
}

function cell(figures: Figures, name: string): string {
  const value = figures[name]
  return value === undefined ? '' : formatted(value)
}

function ratioLines(result: BenchResult): string[] {
  return ratios.flatMap(({ group, ours, theirs }) => {
    const a = mediansOf(result, group, ours)
    const b = mediansOf(result, group, theirs)
    if (!a || !b) return []
    const perCpu = b['CPU s/M rows']! / a['CPU s/M rows']!
    const perSecond = a['rows/s']! / b['rows/s']!
    const memory = a['peak MiB']! / b['peak MiB']!
    return [
      `ratio ${ours} / ${theirs}: rows per CPU second ${perCpu.toFixed(2)}, rows per second ${perSecond.toFixed(2)}, peak memory ${memory.toFixed(2)}`,
    ]
  })
}

/** Three significant digits. */
function formatted(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
