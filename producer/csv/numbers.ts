// The format of a number column: its decimal mark, its thousands separator, and other marks around each number.
import { inAscii } from './digits.ts'
import { isMissing } from './missing-values.ts'

export const decimals = ['auto', 'point', 'comma'] as const
export type DecimalMark = '.' | ','

export const plainNumber = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

/** The marks around the digits of every number of a column. */
export interface Decoration {
  readonly currency: string
  readonly percent: boolean
  /** 51.34M */
  readonly suffix: boolean
  /** 2913. */
  readonly trailingMark: boolean
  /** .5 */
  readonly leadingMark: boolean
  readonly padded: boolean
  /** +1.5, as in columns of changes */
  readonly plus: boolean
}

interface Parts extends Decoration {
  readonly negative: boolean
  readonly parentheses: boolean
  /** Digits with their marks, such as 1.234,5 or 12e3. */
  readonly digits: string
  readonly scale: string
}

/** The longer ones first, so that HK$ is not taken for $. */
const currencies = [
  ...['US$', 'HK$', 'NZ$', 'A$', 'C$', 'S$', 'R$', '$', '€', '£', '¥', '₹', '₩', '₽', '฿', '₺', '₫', '₴'],
  ...['Rs.', 'Rs', 'kr', 'CHF', 'USD', 'EUR', 'GBP', 'INR', 'JPY', 'HKD'],
]
/** Hyphen, Unicode minus sign, and plus. */
const signs: readonly string[] = ['-', '\u2212', '+']
const digitsForm = /^(?:\d[\d.,'’ \u00a0\u2007\u2009\u202f]*|[.,]\d+)(?:[eE][+-]?\d+)?$/
/** The longer ones first. */
const scales: readonly (readonly [string, string])[] = [
  ...([
    ['mio.', 'e6'],
    ['mrd.', 'e9'],
    ['mio', 'e6'],
    ['mln', 'e6'],
    ['mrd', 'e9'],
  ] as const),
  ...([
    ['mn', 'e6'],
    ['bn', 'e9'],
    ['k', 'e3'],
    ['m', 'e6'],
    ['b', 'e9'],
    ['t', 'e12'],
  ] as const),
  ...([
    ['万', 'e4'],
    ['萬', 'e4'],
    ['亿', 'e8'],
    ['億', 'e8'],
  ] as const),
]

/** Splits a cell into its parts; undefined if it is not a number in any format. */
function partsOf(cell: string): Parts | undefined {
  let text = inAscii(cell.trim())
  const padded = text.length !== cell.length
  const parentheses = text.startsWith('(') && text.endsWith(')')
  if (parentheses) text = text.slice(1, -1).trim()
  let negative = parentheses
  let signed = parentheses
  let plus = false
  const takeSign = () => {
    if (signed || !signs.includes(text[0] ?? '')) return
    signed = true
    plus = text[0] === '+'
    negative = !plus
    text = text.slice(1)
  }
  takeSign()
  // Accounting programs write the sign behind the number.
  if (!signed && /[-\u2212]$/.test(text)) {
    signed = true
    negative = true
    text = text.slice(0, -1).trimEnd()
  }
  const prefix = currencies.find((one) => text.startsWith(one)) ?? ''
  text = text.slice(prefix.length).trimStart()
  takeSign()
  const behind = prefix ? '' : (currencies.find((one) => text.endsWith(one)) ?? '')
  text = text.slice(0, text.length - behind.length).trimEnd()
  const percent = text.endsWith('%')
  if (percent) text = text.slice(0, -1).trimEnd()
  const lower = text.toLowerCase()
  const [word, scale] = scales.find(([one]) => lower.endsWith(one)) ?? ['', '']
  if (word) text = text.slice(0, -word.length).trimEnd()
  if (!digitsForm.test(text)) return undefined
  const trailingMark = text.endsWith('.') || text.endsWith(',')
  return {
    currency: prefix || behind,
    percent,
    suffix: scale !== '',
    trailingMark,
    leadingMark: /^[.,]/.test(text),
    padded,
    plus,
    negative,
    parentheses,
    digits: /^[.,]/.test(text) ? `0${text}` : trailingMark ? text.slice(0, -1) : text,
    scale,
  }
}

/** If this many cells per deciding cell of a column leave the mark open, the deciding cell counts as a typo. */
const SURE_OF_SLIP = 4

/** What the cells of a file prove about its decimal mark, which is the same for the whole file. */
export class DecimalEvidence {
  readonly #columns = new Map<number, ColumnEvidence>()

  add(cell: string, column: number): void {
    if (!cell.includes(',') && !cell.includes('.')) return
    const evidence = this.#columns.get(column) ?? new ColumnEvidence()
    this.#columns.set(column, evidence)
    evidence.add(cell)
  }

  /** Whether any number has a comma. */
  get hasCommas(): boolean {
    return this.#some(({ eitherComma, comma }) => eitherComma.count + comma.count > 0)
  }

  /**
   * @param isPointPlain whether 1.234 is 1.234 unless proven otherwise, as in files separated by unquoted commas
   * @returns undefined while undecided
   */
  mark(isPointPlain: boolean): DecimalMark | undefined {
    const columns = [...this.#columns.values()]
    const points = columns.reduce((sum, { points }) => sum + points, 0)
    const commas = columns.reduce((sum, { commas }) => sum + commas, 0)
    if (points > 0 || commas > 0) return points >= commas ? '.' : ','
    if (this.#some(({ eitherComma }) => eitherComma.count > 0)) return undefined
    return this.#some(({ eitherPoint }) => eitherPoint.count > 0) && !isPointPlain ? undefined : '.'
  }

  /** A cell that could be two numbers, and why no other cell decides. */
  get open(): { readonly example: string; readonly why: string } {
    const columns = [...this.#columns.values()]
    const open =
      columns.find(({ eitherComma }) => eitherComma.count > 0) ??
      columns.find(({ eitherPoint }) => eitherPoint.count > 0)
    const example = open?.eitherComma.example || open?.eitherPoint.example || ''
    const slip = open?.comma.example || open?.point.example
    const few = slip && `too few cells of its column decide it, such as ${quoted(slip)}`
    return { example, why: few || 'no other cell of the file decides' }
  }

  #some(has: (column: ColumnEvidence) => boolean): boolean {
    return [...this.#columns.values()].some(has)
  }
}

class ColumnEvidence {
  #twoPoints = false
  #twoCommas = false
  readonly point = { count: 0, example: '' }
  readonly comma = { count: 0, example: '' }
  /** 1.234 and 1,234, which may also be 1234. */
  readonly eitherPoint = { count: 0, example: '' }
  readonly eitherComma = { count: 0, example: '' }

  /** How many cells prove that the mark is a point; 0 if they count as typos. */
  get points(): number {
    return this.#sure(this.point.count, this.#twoCommas && this.eitherPoint.count === 0)
  }

  get commas(): number {
    return this.#sure(this.comma.count, this.#twoPoints && this.eitherComma.count === 0)
  }

  /** @param isCertain whether a cell such as 1,234,567 agrees with those that leave the mark open: 1,234 has thousands too */
  #sure(count: number, isCertain: boolean): number {
    const open = this.eitherPoint.count + this.eitherComma.count
    return isCertain || count * SURE_OF_SLIP >= open ? count : 0
  }

  add(cell: string): void {
    const digits = partsOf(cell)?.digits
    if (digits === undefined || /[eE]/.test(digits)) return
    const kind = this.#kindOf(digits)
    if (!kind) return
    kind.count++
    kind.example ||= cell.trim()
  }

  #kindOf(digits: string) {
    const points = digits.split('.').length - 1
    const commas = digits.split(',').length - 1
    if (points > 0 && commas > 0)
      return digits.lastIndexOf('.') > digits.lastIndexOf(',') ? this.point : this.comma
    if (points > 1) {
      this.#twoPoints = true
      return this.comma
    }
    if (commas > 1) {
      this.#twoCommas = true
      return this.point
    }
    if (points + commas === 0) return undefined
    const [whole, fraction] = digits.split(/[.,]/) as [string, string]
    // A thousands separator has one to three digits before it, not starting with 0, and three after it.
    const mayBeThousands = fraction.length === 3 && /^[1-9]\d{0,2}$/.test(whole)
    if (points === 1) return mayBeThousands ? this.eitherPoint : this.point
    return mayBeThousands ? this.eitherComma : this.comma
  }
}

export type NumberCell = number | { readonly reason: string; readonly detail: string }

/** Counts the marks around the numbers of a column's first cells. */
export class NumberColumn {
  readonly #cells: Parts[] = []

  add(cell: string): void {
    const found = isMissing(cell) ? undefined : partsOf(cell)
    if (found) this.#cells.push(found)
  }

  /** The marks of most cells; a cell without them is not a number of this column. */
  form(mark: DecimalMark): NumberForm {
    const most = (has: (cell: Parts) => boolean) =>
      this.#cells.filter(has).length * 2 > this.#cells.filter((cell) => !isBareZero(cell)).length
    const currencies = Map.groupBy(this.#cells, ({ currency }) => currency)
    const currency = [...currencies].toSorted((a, b) => b[1].length - a[1].length)[0]?.[0] ?? ''
    const separators = this.#cells.flatMap(({ digits }) => separatorIn(digits, mark) ?? [])
    const bare = this.#cells.filter(({ digits }) => isBareThousand(digits, mark)).length
    return {
      mark,
      currency,
      percent: most(({ percent }) => percent),
      suffix: most(({ suffix }) => suffix),
      trailingMark: most(({ trailingMark, suffix }) => trailingMark && !suffix),
      leadingMark: most(({ leadingMark }) => leadingMark),
      padded: most(({ padded }) => padded),
      plus: most(({ plus, negative }) => plus || negative) && this.#cells.some(({ plus }) => plus),
      parentheses:
        this.#cells.some(({ parentheses }) => parentheses) &&
        !this.#cells.some(({ negative, parentheses }) => negative && !parentheses),
      separator: separators.length > bare ? separators[0] : bare > 0 ? '' : undefined,
    }
  }
}

export interface NumberForm extends Decoration {
  readonly mark: DecimalMark
  readonly parentheses: boolean
  /** The thousands separator; '' is none; undefined until a number above 999 was seen. */
  readonly separator: string | undefined
}

/** Reads the cells of one column. */
export function numberReader(form: NumberForm): (cell: string) => NumberCell {
  const isPlain =
    form.mark === '.' &&
    !form.currency &&
    !form.percent &&
    !form.suffix &&
    !form.trailingMark &&
    !form.leadingMark &&
    !form.padded &&
    !form.plus &&
    !form.parentheses &&
    !form.separator
  let separator = form.separator
  return (cell) => {
    if (isPlain && !separator && plainNumber.test(cell)) return finite(Number(cell), cell)
    const bad = (why: string): NumberCell => ({ reason: 'bad_number', detail: `${quoted(cell)} ${why}` })
    const found = partsOf(cell)
    if (!found) return bad('is not a number')
    const unlike = unlikeForm(found, form)
    if (unlike) return bad(unlike)
    const own = separatorIn(found.digits, form.mark)
    if (own !== undefined) {
      separator ??= own
      if (own !== separator) return bad(`has ${quoted(own)} between thousands, unlike the rest of the column`)
    } else if (isBareThousand(found.digits, form.mark)) {
      if (separator) return bad('has nothing between thousands, unlike the rest of the column')
      separator ??= ''
    } else if (separator && found.digits.includes(separator)) {
      return bad(`has ${quoted(separator)} elsewhere than between thousands, unlike the rest of the column`)
    }
    const text = separator ? found.digits.replaceAll(separator, '') : found.digits
    const plain = form.mark === ',' ? text.replace(',', '.') : text
    if (!plainNumber.test(plain) || (found.scale && /[eE]/.test(plain))) return bad('is not a number')
    const scaled = `${found.negative ? '-' : ''}${plain}${found.scale || (found.percent && !/[eE]/.test(plain) ? 'e-2' : '')}`
    return finite(Number(scaled), cell)
  }
}

function unlikeForm(found: Parts, form: NumberForm): string | undefined {
  const unlike = (what: string, has: boolean) =>
    `has ${has ? '' : 'no '}${what}, unlike the rest of the column`
  if (found.currency !== form.currency && !(isBareZero(found) && !found.currency)) {
    return found.currency ? unlike(found.currency, true) : unlike(form.currency, false)
  }
  if (found.percent !== form.percent && !isBareZero(found)) return unlike('percent sign', found.percent)
  if (found.suffix !== form.suffix && !isBareZero(found)) return unlike('suffix such as M', found.suffix)
  if (found.trailingMark && !form.trailingMark) return 'ends in a point, unlike the rest of the column'
  if (found.leadingMark && !form.leadingMark) return 'begins with a point, unlike the rest of the column'
  if (found.plus && !form.plus) return unlike('plus sign', true)
  if (found.padded && !form.padded) return 'has blanks around it, unlike the rest of the column'
  if (found.parentheses && !form.parentheses) return 'has brackets, unlike the rest of the column'
  return undefined
}

function isBareZero({ digits, suffix }: Parts): boolean {
  return !suffix && /^0(?:[.,]0*)?$/.test(digits)
}

const groupedBy = {
  '.': /^(?:0|[1-9]\d{0,2}(?:([,'’ \u00a0\u2007\u2009\u202f])\d{2,3}(?:\1\d{2,3})*)?)(?:\.\d+)?$/,
  ',': /^(?:0|[1-9]\d{0,2}(?:([.'’ \u00a0\u2007\u2009\u202f])\d{2,3}(?:\1\d{2,3})*)?)(?:,\d+)?$/,
}

/** The mark between thousands (or between lakhs and crores); undefined if there is none. */
function separatorIn(digits: string, mark: DecimalMark): string | undefined {
  const separator = groupedBy[mark].exec(digits)?.[1]
  if (separator === undefined) return undefined
  const whole = digits.split(mark)[0]!
  return whole.slice(whole.lastIndexOf(separator) + 1).length === 3 ? separator : undefined
}

function isBareThousand(digits: string, mark: DecimalMark): boolean {
  return /^[1-9]\d{3,}$/.test(digits.split(mark)[0]!)
}

function finite(number: number, cell: string): NumberCell {
  if (Number.isFinite(number)) return number
  return { reason: 'not_finite', detail: `${quoted(cell)} is too large for a double` }
}

/** A cell as shown in messages. */
export function quoted(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell)
}
