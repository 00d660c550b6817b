// Splits lines into cells at one separator, with support for quotation marks.
import { parse } from 'csv-parse/sync'

export const separators = [',', ';', '\t', '|'] as const
export type Separator = (typeof separators)[number]

export const separatorNames: Readonly<Record<Separator, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'pipes',
}

export type Cells = readonly string[]

/**
 * The cells of each line; undefined if the quotation marks are broken. A row never spans lines: market data has no such
 * cells, and one stray quotation mark would otherwise swallow the rows up to the next one.
 */
export function cellsOf(lines: readonly string[], separator: Separator): (Cells | undefined)[] {
  // Without quotation marks a separator always separates, and the parser, ten times slower, is not needed.
  if (!lines.some((line) => line.includes('"'))) return lines.map((line) => line.split(separator))
  // A program that writes for spreadsheets makes a formula of each cell: ="600519".
  if (lines.some((line) => line.includes('="'))) return quotedCellsOf(lines.map(withoutFormulas), separator)
  return quotedCellsOf(lines, separator)
}

function withoutFormulas(line: string): string {
  return line.replace(/(^|[,;\t|])="/g, '$1"')
}

function quotedCellsOf(lines: readonly string[], separator: Separator): (Cells | undefined)[] {
  const together = quotedCells(lines.join('\n'), separator)
  if (together?.length === lines.length) return together
  // After a stray quotation mark: each line is parsed separately, so that only its own row is lost.
  return lines.map((line) => {
    if (!line.includes('"')) return line.split(separator)
    const alone = quotedCells(line, separator)
    return alone?.length === 1 ? alone[0] : undefined
  })
}

function quotedCells(text: string, separator: Separator): string[][] | undefined {
  try {
    return parse(text, { delimiter: separator, relax_column_count: true, record_delimiter: '\n' })
  } catch {
    return undefined
  }
}

/** Whether a line has only separators of any kind, blanks and empty quotation marks. */
export function isBlank(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!
    if (char !== '"' && !separators.includes(char as Separator) && char.trim() !== '') return false
  }
  return true
}
