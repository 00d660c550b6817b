// Detects several symbols in a file for which --index gives one index, in a column that is not known as the index.
import { nameKey } from '@ticklake/contract/aliases.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { Cells } from './dialect.ts'
import type { Header } from './header.ts'
import { isMissing } from './missing-values.ts'
import { quoted } from './numbers.ts'

/** Days that are remembered; one index has fewer trading days. */
const MAX_DAYS = 200_000

/**
 * One day with two values of a column is no proof (one of two rows may have a note), so several days must have them.
 */
const DAYS_FOR_PROOF = 2

interface Candidate {
  readonly at: number
  /** The column's value by day. */
  readonly byDay: Map<string, string>
  proofs: number
  /** The value of the last row, how often it changed, and how often the days began again there. */
  last?: string
  changes: number
  restarts: number
  readonly values: Set<string>
  /** The first row at which the value changes and the days begin again. */
  restart?: { readonly line: number; readonly values: readonly [string, string] }
  clash?: { readonly line: number; readonly day: string; readonly values: readonly [string, string] }
}

const sortable = /^\d{4}[/-]?\d\d[/-]?\d\d/

export class SymbolCheck {
  readonly #header: Header
  readonly #file: string
  readonly #index: string
  readonly #candidates: Candidate[]
  /** Whether days rise from row to row, as far as the date format shows it. */
  #isRising: boolean | undefined
  #restarts = 0
  #lastDay = ''

  constructor(header: Header, file: string, index: string) {
    this.#header = header
    this.#file = file
    this.#index = index
    const unused = header.unused.filter((at) => nameKey(header.headings[at]!) !== 'time')
    this.#candidates = unused.map((at) => ({
      at,
      byDay: new Map(),
      proofs: 0,
      changes: 0,
      restarts: 0,
      values: new Set(),
    }))
  }

  /** @throws Failure CSV_SYMBOLS */
  add(cells: Cells, line: number): void {
    const day = cells[this.#header.groups[0]!.at.date!]!
    const isRestart = this.#isRestart(day)
    for (const candidate of this.#candidates) {
      const value = (cells[candidate.at] ?? '').trim()
      if (isMissing(value) || !isSymbol(value)) continue
      this.#addToRun(candidate, value, isRestart, line)
      const { byDay } = candidate
      const before = byDay.get(day)
      if (before === undefined) {
        if (byDay.size < MAX_DAYS) byDay.set(day, value)
      } else if (before !== value) {
        candidate.proofs++
        candidate.clash ??= { line, day, values: [before, value] }
        this.#throwIfProved(candidate)
      }
    }
  }

  /** Whether the days go back to an earlier one; only for dates that sort as text. */
  #isRestart(day: string): boolean {
    const last = this.#lastDay
    if (!sortable.test(day) || day === last) return false
    this.#lastDay = day
    if (last === '') return false
    this.#isRising ??= day > last
    const isRestart = day > last !== this.#isRising
    if (isRestart) this.#restarts++
    return isRestart
  }

  #addToRun(candidate: Candidate, value: string, isRestart: boolean, line: number): void {
    const { last, values } = candidate
    candidate.last = value
    if (last === undefined || last === value) return void values.add(value)
    candidate.changes++
    values.add(value)
    if (!isRestart) return
    candidate.restarts++
    candidate.restart ??= { line, values: [last, value] }
  }

  /** For a short file without several such days. @throws Failure CSV_SYMBOLS */
  end(): void {
    for (const candidate of this.#candidates) {
      const { clash, proofs, byDay } = candidate
      if (clash && proofs * 2 >= byDay.size && /\p{L}/u.test(clash.values[0])) this.#refuse(candidate)
      // One symbol after the other: each in its own rows, and the days begin again exactly with each symbol.
      const { restart, restarts, changes, values } = candidate
      if (restart && restarts === this.#restarts && changes === values.size - 1) {
        const [one, two] = restart.values
        this.#refuseBecause(
          candidate,
          `its column ${this.#header.headings[candidate.at]!} has ${quoted(one)} and, from line ${restart.line} on, ${quoted(two)}, where the days begin again`,
        )
      }
    }
  }

  #throwIfProved(candidate: Candidate): void {
    if (candidate.proofs >= DAYS_FOR_PROOF) this.#refuse(candidate)
  }

  #refuse(candidate: Candidate): never {
    const { values, day, line } = candidate.clash!
    const [one, two] = values
    const heading = this.#header.headings[candidate.at]!
    this.#refuseBecause(
      candidate,
      `its column ${heading} has ${quoted(one)} and ${quoted(two)} on one day, ${day} (line ${line})`,
    )
  }

  #refuseBecause({ at }: Candidate, why: string): never {
    const heading = this.#header.headings[at]!
    throw new Failure({
      code: 'CSV_SYMBOLS',
      what: `${this.#file} is not read: it seems to have several symbols, which --index ${this.#index} would merge into one`,
      why,
      remedy: `if that is the symbol: --columns 'Index=${heading}' instead of --index; if not, remove the column ${heading}`,
    })
  }
}

/** A symbol has a letter, or is a whole number with a fixed length, such as 600519. */
function isSymbol(value: string): boolean {
  return value.length <= 40 && (/\p{L}/u.test(value) || /^\d{4,6}$/.test(value))
}
