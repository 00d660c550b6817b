// Detects a file's format (separator, header, the format of each column), and asks if it is ambiguous.
import { Failure } from '@ticklake/runtime/errors.ts'
import {
  type DateForm,
  type DateFormat,
  type DateOrder,
  dateForm,
  dateFormNames,
  dateText,
  dayReader,
  orderOf,
  yearFirstOrderOf,
} from './dates.ts'
import { type Cells, cellsOf, isBlank, type Separator, separators } from './dialect.ts'
import { type Header, type HeaderOptions, headerScore, isWhole, readHeader } from './header.ts'
import { isMissing } from './missing-values.ts'
import { DecimalEvidence, type DecimalMark, NumberColumn, plainNumber, quoted } from './numbers.ts'
import { SymbolCheck } from './symbol-check.ts'
import { type Clock, clockOf } from './traded-at.ts'

export interface SurveyOptions extends HeaderOptions {
  readonly dateFormat: DateFormat
  /** The time zone of times without one. */
  readonly timeZone?: string | undefined
  readonly decimal?: 'auto' | 'point' | 'comma' | undefined
}

/** The header is within this many non-blank lines. */
const HEADER_WITHIN = 50
const SAMPLED_ROWS = 1_000
/** A line that names this many columns is a header, not other text. */
const SURELY_HEADER = 5

/** With this many dates in the usual order per one in the other, that one counts as a typo. */
const SURE_OF_ORDER = 10

const numberNames = ['open', 'high', 'low', 'close', 'adj_close', 'volume', 'close_usd'] as const

interface Proof {
  count: number
  line: number
  cell: string
}

/** What is known about a file after its first lines, and what later lines still have to show. */
export class Survey {
  readonly separator: Separator
  readonly header: Header
  /** Lines before the header that are not blank. */
  readonly preamble: readonly string[]
  /** The line number of the header's last line, counting blank lines. */
  readonly headerEnd: number
  readonly dateForm: DateForm
  readonly clock: Clock
  readonly numbers: readonly { readonly at: number; readonly column: NumberColumn }[]
  readonly #file: string
  readonly #options: SurveyOptions
  readonly #decimal = new DecimalEvidence()
  readonly #isPointPlain: boolean
  readonly #symbols: SymbolCheck | undefined
  readonly #orders: Record<DateOrder | 'either', Proof> = {
    'day-first': { count: 0, line: 0, cell: '' },
    'month-first': { count: 0, line: 0, cell: '' },
    either: { count: 0, line: 0, cell: '' },
  }

  /**
   * @param lines the first lines, at least up to the header
   * @throws Failure CSV_HEADER, CSV_DATES
   */
  constructor(lines: readonly string[], file: string, options: SurveyOptions) {
    this.#file = file
    this.#options = options
    const found = findHeader(lines, options)
    this.separator = found.separator
    const from = found.line
    const rows = cellsOf(lines.slice(from, from + SAMPLED_ROWS), found.separator)
    const filled = rows.filter((cells, i) => cells && !isBlank(lines[from + i]!)) as Cells[]
    this.header = readHeader(filled, { file, line: from + 1, text: lines[from]! }, options)
    this.headerEnd = endOfHeader(lines, from, this.header.lines)
    this.preamble = lines.slice(0, from).filter((line) => !isBlank(line))
    const sample = rows
      .slice(this.headerEnd - from)
      .filter((cells): cells is Cells => cells !== undefined && isWhole(cells, this.header))
    this.dateForm = this.#dateFormOf(sample)
    this.#requireMonthBeforeDay(sample)
    this.clock = clockOf(this.header, this.dateForm, sample)
    const at = [...new Set(this.header.groups.flatMap((group) => numberNames.map((name) => group.at[name])))]
    this.numbers = at.flatMap((position) => {
      if (position === undefined) return []
      const column = new NumberColumn()
      for (const cells of sample) column.add(cells[position]!)
      return [{ at: position, column }]
    })
    const isQuoted = lines.slice(from).some((line) => line.includes('"'))
    this.#isPointPlain = found.separator === ',' && !isQuoted
    if (options.index !== undefined && this.header.unused.length > 0) {
      this.#symbols = new SymbolCheck(this.header, file, options.index)
    }
  }

  /** Uses the rows of these lines as evidence. @throws Failure CSV_SYMBOLS */
  add(rows: readonly (Cells | undefined)[], firstLine: number): void {
    const date = this.header.groups[0]!.at.date!
    const isNumeric = this.dateForm === 'numeric'
    for (const [i, cells] of rows.entries()) {
      if (!cells || !isWhole(cells, this.header)) continue
      for (const { at } of this.numbers)
        if (!plainNumber.test(cells[at]!) || !this.#isPointPlain) this.#decimal.add(cells[at]!, at)
      if (isNumeric) {
        const order = orderOf(dateText(cells[date]!), this.hasShortYears)
        const proof = order && this.#orders[order]
        if (proof && proof.count++ === 0) Object.assign(proof, { line: firstLine + i, cell: cells[date] })
      }
      this.#symbols?.add(cells, firstLine + i)
    }
  }

  /** Call it when every line has been added. @throws Failure CSV_SYMBOLS */
  end(): void {
    this.#symbols?.end()
  }

  /** Whether a later line may still change how the first ones are read. */
  get isOpen(): boolean {
    const { 'day-first': day, 'month-first': month, either } = this.#orders
    const isOrderOpen = day.count + month.count === 0 && either.count > 0
    return isOrderOpen || this.#markFound() === undefined
  }

  /** Whether lines anywhere in the file may still reveal an error. */
  get wantsAll(): boolean {
    return this.dateForm === 'numeric' || this.#symbols !== undefined || this.#decimal.hasCommas
  }

  /** @throws Failure CSV_NUMBERS if nothing has decided it */
  get mark(): DecimalMark {
    const mark = this.#markFound()
    if (mark) return mark
    const { example, why } = this.#decimal.open
    throw new Failure({
      code: 'CSV_NUMBERS',
      what: `${this.#file} is not read: its numbers can be read in two ways`,
      why: `${quoted(example)} may have thousands or a fraction, and ${why}`,
      remedy: 'use --decimal point (1,234 is 1234) or --decimal comma (1,234 is 1.234)',
    })
  }

  #markFound(): DecimalMark | undefined {
    const { decimal = 'auto' } = this.#options
    if (decimal !== 'auto') return decimal === 'point' ? '.' : ','
    return this.#decimal.mark(this.#isPointPlain)
  }

  /** The user's setting for times of day. */
  get timeZone(): string | undefined {
    return this.#options.timeZone
  }

  /** The user's setting for dates. */
  get dateFormat(): DateFormat {
    return this.#options.dateFormat
  }

  /** Whether years of two digits are read: only where the user has said the order of their parts. */
  get hasShortYears(): boolean {
    return this.#options.dateFormat === 'day-first' || this.#options.dateFormat === 'month-first'
  }

  /** A cell that proves the order of day and month. */
  get orderProof(): Proof | undefined {
    const { 'day-first': day, 'month-first': month } = this.#orders
    return day.count > 0 ? day : month.count > 0 ? month : undefined
  }

  /** @throws Failure CSV_DATES if the cells contradict each other or --date-format, or are ambiguous */
  get order(): DateOrder {
    const { 'day-first': day, 'month-first': month, either } = this.#orders
    const format = this.#options.dateFormat
    const at = ({ line, cell }: Proof) => `line ${line} has ${quoted(cell)}`
    if (format === 'day-first' || format === 'month-first') {
      const [own, other] = format === 'day-first' ? [day, month] : [month, day]
      if (other.count > 0 && own.count + either.count > 0) {
        throw this.#datesRefused(
          own.count > 0
            ? 'its dates have both orders of day and month'
            : `its dates are not ${format}, as --date-format says`,
          own.count > 0 ? `${at(own)}, ${at(other)}` : `${at(other)}, which is not`,
          own.count > 0
            ? `fix line ${other.line} (and others like it), or split the file`
            : `omit --date-format, or use ${format === 'day-first' ? 'month-first' : 'day-first'}`,
        )
      }
      return format
    }
    if (day.count > 0 && month.count > 0) {
      throw this.#datesRefused(
        'its dates have both orders of day and month',
        `${at(day)}, ${at(month)}`,
        'fix the wrong one, or split the file in two',
      )
    }
    if (day.count + month.count === 0 && either.count > 0) {
      throw this.#datesRefused(
        'its dates can be read in two ways',
        `${at(either)}, and no date of the file distinguishes day and month`,
        'give the order: --date-format day-first or --date-format month-first',
      )
    }
    return day.count > 0 ? 'day-first' : 'month-first'
  }

  /** @throws Failure CSV_DATES */
  #dateFormOf(sample: readonly Cells[]): DateForm {
    const { dateFormat } = this.#options
    if (dateFormat === 'day-first' || dateFormat === 'month-first') return 'numeric'
    if (dateFormat === 'excel' || dateFormat === 'excel-1904' || dateFormat === 'epoch') return dateFormat
    const at = this.header.groups[0]!.at.date!
    const cells = sample.map((one) => dateText(one[at]!)).filter((cell) => !isMissing(cell))
    const byForm = Map.groupBy(cells, dateForm)
    byForm.delete(undefined)
    if (dateFormat === 'iso') {
      return (byForm.get('iso-time')?.length ?? 0) > (byForm.get('iso')?.length ?? 0) ? 'iso-time' : 'iso'
    }
    const [form] = [...byForm].toSorted((a, b) => b[1].length - a[1].length)[0] ?? ['iso' as const]
    const first = () => byForm.get(form)![0]!
    const example = () => quoted(first())
    if (form === 'excel' || form === 'epoch') {
      throw this.#datesRefused(
        `its dates are ${dateFormNames[form]}, such as ${example()}`,
        form === 'excel'
          ? 'a program has stored days since 1900, or on old Macs since 1904, as numbers'
          : 'their day depends on a time zone',
        form === 'excel'
          ? `--date-format excel reads that as ${dayReader('excel', 'day-first')(first())}, and --date-format excel-1904 as ${dayReader('excel-1904', 'day-first')(first())}; or export them as YYYY-MM-DD`
          : '--date-format epoch reads them as days in UTC; or export them as YYYY-MM-DD',
      )
    }
    if (form === 'two-digit-year') {
      throw this.#datesRefused(
        `its years have two digits, as in ${example()}`,
        'the century is missing, and any part may be the year',
        'export the dates as YYYY-MM-DD; or, if the year comes last and none is more than 100 years ago, say --date-format day-first or month-first',
      )
    }
    return form!
  }

  /**
   * A column of 2021-31-05 could be read as dates in half of its rows, which would land with day and month swapped.
   * Single such cells among many dates only make their rows bad.
   * @throws Failure CSV_DATES
   */
  #requireMonthBeforeDay(sample: readonly Cells[]): void {
    const at = this.header.groups[0]!.at.date!
    const cells = sample.map((one) => dateText(one[at]!))
    const byOrder = Map.groupBy(cells, (cell) => yearFirstOrderOf(this.dateForm, cell))
    const swapped = byOrder.get('day-first') ?? []
    const plain = byOrder.get('month-first') ?? []
    if (swapped.length === 0 || plain.length >= SURE_OF_ORDER * swapped.length) return
    throw this.#datesRefused(
      plain.length === 0 ? 'its dates are year, day, month' : 'its dates have both orders of day and month',
      [swapped, plain].flatMap((some) => (some.length > 0 ? [`it has ${quoted(some[0]!)}`] : [])).join(', '),
      'export the dates as YYYY-MM-DD',
    )
  }

  #datesRefused(problem: string, why: string, remedy: string): Failure {
    return new Failure({ code: 'CSV_DATES', what: `${this.#file} is not read: ${problem}`, why, remedy })
  }
}

/** The line that names the most columns, and its separator. */
function findHeader(
  lines: readonly string[],
  options: SurveyOptions,
): { separator: Separator; line: number } {
  let best: { separator: Separator; line: number; score: number } | undefined
  let first = -1
  for (const separator of separators) {
    let seen = 0
    for (let line = 0; line < lines.length && seen < HEADER_WITHIN; line++) {
      const text = lines[line]!
      if (isBlank(text)) continue
      if (seen++ === 0 && separator === ',') first = line
      const cells = cellsOf([text], separator)[0]
      const score = cells === undefined || cells.length === 1 ? 0 : headerScore(cells, options)
      if (score > (best?.score ?? 1)) best = { separator, line, score }
      // The rest are rows, perhaps of a second file with its own header.
      if (score >= SURELY_HEADER) break
    }
  }
  if (best) return withLevelAbove(best, lines)
  return { separator: separatorOf(lines.slice(Math.max(0, first))), line: Math.max(0, first) }
}

/** What cuts the first lines into the most cells, each into as many, where no heading is known. */
function separatorOf(lines: readonly string[]): Separator {
  const some = lines.filter((line) => !isBlank(line)).slice(0, 3)
  const counts = separators.map((separator) => {
    const [first, ...others] = cellsOf(some, separator).map((cells) => cells?.length ?? 0)
    return { separator, count: first && others.every((count) => count === first) ? first : 0 }
  })
  const most = Math.max(...counts.map(({ count }) => count))
  return counts.find(({ count }) => count === most && count > 1)?.separator ?? ','
}

/** yfinance's first line may name fewer columns than its second (`Ticker,AAPL,…` above `Price,Close,…`). */
function withLevelAbove(
  best: { separator: Separator; line: number },
  lines: readonly string[],
): { separator: Separator; line: number } {
  const above = best.line > 0 ? cellsOf([lines[best.line - 1]!], best.separator)[0] : undefined
  const own = cellsOf([lines[best.line]!], best.separator)[0]
  const isLevel =
    above !== undefined &&
    above.length === own?.length &&
    above.length > 2 &&
    ['ticker', ''].includes(above[0]!.trim().toLowerCase()) &&
    ['price', ''].includes(own[0]!.trim().toLowerCase())
  return isLevel ? { ...best, line: best.line - 1 } : best
}

function endOfHeader(lines: readonly string[], from: number, count: number): number {
  let left = count
  let at = from
  for (; left > 0 && at < lines.length; at++) {
    // yfinance's date line also has separators, so a blank line is one without any text.
    if (!isBlank(lines[at]!)) left--
  }
  return at
}
