// Describes a file's format in one line.
import { type ColumnName, nameKey } from '@ticklake/contract/aliases.ts'
import type { Unpacked } from './container.ts'
import { dateFormNames } from './dates.ts'
import { separatorNames } from './dialect.ts'
import type { Decoded } from './encoding.ts'
import { csvNames } from './header.ts'
import { type NumberForm, quoted } from './numbers.ts'
import type { Survey } from './survey.ts'

const encodingNames: Readonly<Record<string, string>> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16 LE',
  'utf-16be': 'UTF-16 BE',
  latin1: 'Latin-1',
}

export function describeFile(unpacked: Unpacked, decoded: Decoded, survey: Survey): string {
  const marks = decoded.byteOrderMarks
  const bytes = [
    ...unpacked.layers,
    (encodingNames[decoded.encoding] ?? decoded.encoding) +
      (marks === 0 ? '' : marks === 1 ? ' with a BOM' : ` with ${marks} BOMs`),
    `${decoded.lineEnd} line ends`,
  ]
  const { header, separator, headerEnd, preamble } = survey
  const first = headerEnd - header.lines + 1
  const lines = header.lines === 1 ? `line ${first}` : `lines ${first} to ${headerEnd}`
  const before =
    preamble.length === 0
      ? ''
      : ` after ${preamble.length} line${preamble.length === 1 ? '' : 's'} of other text`
  return [
    `${bytes.join(', ')}; separated by ${separatorNames[separator]}; header on ${lines}${before}`,
    ...columns(survey),
    `dates ${dates(survey)}`,
    ...times(survey),
    ...numbers(survey),
  ].join('; ')
}

function columns({ header, clock, timeZone }: Survey): string[] {
  const { headings, groups, constants, unused } = header
  const group = groups[0]!
  const renamed = Object.entries(group.at).flatMap(([name, at]) => {
    const csv = csvNames[name as ColumnName]
    return nameKey(headings[at]!) === nameKey(csv) ? [] : [`${csv}=${headings[at] || '(no heading)'}`]
  })
  const fixed = Object.entries(constants).map(([name, number]) => `${csvNames[name as ColumnName]}=${number}`)
  const symbols = groups.length > 1 ? `${groups.length} symbols side by side` : ''
  const index = groups.length > 1 ? '' : group.index === undefined ? '' : `Index=${group.index}`
  const left = unused
    .filter((at) => at !== clock.column || !timeZone)
    .map((at) => headings[at])
    .filter(Boolean)
  return [
    [symbols, index, ...renamed, ...fixed].filter(Boolean).join(', '),
    left.length > 0 ? `not used: ${left.slice(0, 20).join(', ')}` : '',
  ].filter(Boolean)
}

function dates(survey: Survey): string {
  if (survey.dateForm !== 'numeric') return dateFormNames[survey.dateForm]
  const proof = survey.orderProof
  const because = proof ? ` (line ${proof.line} has ${quoted(proof.cell)})` : ''
  return `${survey.order}${because}`
}

function times({ clock, timeZone, header }: Survey): string[] {
  if (!clock.isWithinDay) return []
  if (clock.hasZone) return ['traded_at from their times']
  const of = clock.column === undefined ? 'their times' : `the times in ${header.headings[clock.column]}`
  return timeZone === undefined
    ? [`${of} have no zone, so only the days are read (--time-zone NAME keeps the times)`]
    : [`traded_at from ${of}, in ${timeZone}`]
}

function numbers(survey: Survey): string[] {
  const mark = survey.mark
  const forms = survey.numbers.map(
    ({ at, column }) => [survey.header.headings[at]!, column.form(mark)] as const,
  )
  const byDecoration = Map.groupBy(forms, ([, form]) => decorations(form))
  const special = [...byDecoration].flatMap(([decoration, columns]) =>
    decoration === '' ? [] : [`${columns.map(([heading]) => heading).join(', ')} ${decoration}`],
  )
  return [...(mark === ',' ? ['decimal commas'] : []), ...special]
}

function decorations(form: NumberForm): string {
  return [
    form.currency && `in ${form.currency}`,
    form.percent && 'in percent (5% is 0.05)',
    form.suffix && 'with K, M, B or T',
    form.separator && `with ${quoted(form.separator)} between thousands`,
    form.parentheses && 'negative in brackets',
    form.trailingMark && 'with a trailing point',
  ]
    .filter(Boolean)
    .join(', ')
}
