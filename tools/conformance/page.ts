// docs/compatibility.md: how many tests of each client pass, and why the others fail.
import { type Failure, failuresOf } from './reasons.ts'
import type { SuiteResults } from './results.ts'
import type { Suite } from './suites.ts'

export interface SuiteResult {
  readonly client: string
  /** The first day on which a test of it ran, such as `2026-01-02`: the others ran on that day or later. */
  readonly day: string
  readonly passed: number
  readonly skipped: number
  readonly seconds: number
  readonly failures: readonly Failure[]
}

/** The row of a suite, from the newest outcome of each of its tests. */
export function suiteResult({ name, client }: Suite, { outcomes }: SuiteResults): SuiteResult {
  const count = (wanted: string) => outcomes.filter(({ outcome }) => outcome === wanted).length
  return {
    client,
    day: outcomes.map(({ day }) => day).sort()[0] ?? '',
    passed: count('passed'),
    skipped: count('skipped'),
    seconds: outcomes.reduce((sum, each) => sum + each.seconds, 0),
    failures: failuresOf(name, outcomes),
  }
}

/** A suite's part of the page: its row, and the section of its failures, if any. */
export interface PageEntry {
  readonly row: string
  readonly section: string
}

export function pageEntry(result: SuiteResult): PageEntry {
  const { client, day, passed, failures, skipped, seconds } = result
  const counts = reasons.map((reason) => failures.filter((failure) => failure.reason === reason).length)
  const cells = [client, passed, failures.length, ...counts, skipped, Math.round(seconds), day]
  return { row: `| ${cells.join(' | ')} |`, section: failureSection(result) }
}

/** A suite's part of an existing page; undefined if it has none. */
export function entryOnPage(page: string, { client }: Pick<Suite, 'client'>): PageEntry | undefined {
  const row = page.split('\n').find((line) => line.startsWith(`| ${client} |`))
  if (row === undefined) return undefined
  const section = page.split(/^(?=## )/m).find((each) => each.startsWith(`## ${client}\n`))
  return { row, section: section === undefined ? '' : `${section.trimEnd()}\n` }
}

/** The whole page. */
export function compatibilityPage(entries: readonly PageEntry[]): string {
  return [
    '# Compatibility',
    '',
    'Written by `make conformance`: tests of clients that are not ours, unmodified, against `local-aws`. They get an endpoint, a region and any credentials; only PyArrow’s own S3 client, which reads no',
    '`AWS_ENDPOINT_URL`, is pointed at it by a few lines (`tools/conformance/python/report.py`).',
    '',
    '| client | passed | failed | not AWS’s either | out of scope | to do | skipped by the suite | seconds of its tests | run since |',
    '|---|---|---|---|---|---|---|---|---|',
    ...entries.map(({ row }) => row),
    '',
    'Spark and notebooks are out of scope: the tests of both are left out, and the operations answer as in an account that',
    'may not use them.',
    '',
    ...entries.map(({ section }) => section).filter((section) => section !== ''),
  ].join('\n')
}

const reasons = ['not AWS’s either', 'out of scope', 'to do'] as const

function failureSection({ client, failures }: SuiteResult): string {
  if (failures.length === 0) return ''
  const groups = new Map<string, { failure: Failure; tests: string[] }>()
  for (const failure of failures) {
    const key = `${failure.reason}\n${failure.why}`
    const group = groups.get(key) ?? { failure, tests: [] }
    group.tests.push(failure.test)
    groups.set(key, group)
  }
  const sorted = [...groups.values()].sort((a, b) => b.tests.length - a.tests.length)
  return [
    `## ${client}`,
    '',
    '| tests | reason | why | the first of them |',
    '|---|---|---|---|',
    ...sorted.map(
      ({ failure, tests }) =>
        `| ${tests.length} | ${failure.reason} | ${cell(failure.why)} | \`${cell(tests[0]!)}\` |`,
    ),
    '',
  ].join('\n')
}

/** Text of another program for one cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('`', '’').replaceAll('\n', ' ').slice(0, 200)
}
