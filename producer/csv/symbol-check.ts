// Sees that a file which --index calls one index holds several symbols, in a column that nobody said is the index.
import { nameKey } from '@ticklake/contract/aliases.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { Cells } from './dialect.ts'
import type { Header } from './header.ts'
import { isMissing } from './missing.ts'
import { quoted } from './numbers.ts'

/** Days that are remembered; one index has no more trading days than that. */
const MAX_DAYS = 200_000

/** One day with two values of a column is no proof (a note on one of two rows is), so several days must have them. */
const DAYS_FOR_PROOF = 2

interface Candidate {
  readonly at: number
  /** The column's value by day. */
  readonly byDay: Map<string, string>
  proofs: number
  clash?: { readonly line: number; readonly day: string; readonly values: readonly [string, string] }
}

export class SymbolCheck {
  readonly #header: Header
  readonly #file: string
  readonly #index: string
  readonly #candidates: Candidate[]

  constructor(header: Header, file: string, index: string) {
    this.#header = header
    this.#file = file
    this.#index = index
    const unused = header.unused.filter((at) => nameKey(header.headings[at]!) !== 'time')
    this.#candidates = unused.map((at) => ({ at, byDay: new Map(), proofs: 0 }))
  }

  /** @throws Failure CSV_SYMBOLS */
  add(cells: Cells, line: number): void {
    const day = cells[this.#header.groups[0]!.at.date!]!
    for (const candidate of this.#candidates) {
      const value = (cells[candidate.at] ?? '').trim()
      if (isMissing(value) || !isSymbol(value)) continue
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

  /** For a short file, in which there are not several such days. @throws Failure CSV_SYMBOLS */
  end(): void {
    for (const candidate of this.#candidates) {
      const { clash, proofs, byDay } = candidate
      if (clash && proofs * 2 >= byDay.size && /\p{L}/u.test(clash.values[0])) this.#refuse(candidate)
    }
  }

  #throwIfProved(candidate: Candidate): void {
    if (candidate.proofs >= DAYS_FOR_PROOF) this.#refuse(candidate)
  }

  #refuse({ at, clash }: Candidate): never {
    const heading = this.#header.headings[at]!
    const [one, two] = clash!.values
    throw new Failure({
      code: 'CSV_SYMBOLS',
      what: `${this.#file} is not read: it seems to hold several symbols, and --index ${this.#index} would make one of them`,
      why: `its column ${heading} has ${quoted(one)} and ${quoted(two)} on one day, ${clash!.day} (line ${clash!.line})`,
      remedy: `if that is the symbol: --columns 'Index=${heading}' instead of --index; if not, remove the column ${heading}`,
    })
  }
}

/** A symbol has a letter, or is a whole number with a fixed length, such as 600519. */
function isSymbol(value: string): boolean {
  return value.length <= 40 && (/\p{L}/u.test(value) || /^\d{4,6}$/.test(value))
}
