// What columns delimited text has, and whether its first line names them.
import { type HiveType, mergeTypes, primitive, unknownType } from '../hive/column-type.ts'
import type { Schema } from './schema.ts'

export interface CsvFinding {
  readonly schema: Schema
  readonly records: number
  readonly delimiter: string
  readonly hasHeader: boolean
  readonly isQuoted: boolean
}

const delimiters = [',', '|', '\t', ';', '\u0001']
const longestHeaderCell = 150
const linesToLookAt = 1_000

/**
 * In: text, perhaps cut in its last line. Out: undefined when it is not delimited text: at least two columns, two
 * lines, and as many cells in each line.
 */
export function csvSchema(text: string, isCut: boolean): CsvFinding | undefined {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (isCut) lines.pop()
  const filled = lines.filter((line) => line.trim() !== '')
  const looked = filled.slice(0, linesToLookAt)
  if (looked.length < 2) return undefined
  for (const delimiter of delimiters) {
    const rows = looked.map((line) => cellsOf(line, delimiter))
    const width = rows[0]!.length
    if (width < 2 || rows.some((row) => row.length !== width)) continue
    const below = rows.slice(1)
    const types = Array.from({ length: width }, (_, i) => columnType(below, i))
    const hasHeader =
      isHeader(rows[0]!) && types.some((type) => type.kind === 'primitive' && type.name !== 'string')
    return {
      schema: types.map((type, i) => ({
        name: hasHeader ? rows[0]![i]!.trim() : `col${i}`,
        type: hasHeader ? type : mergeTypes(type, cellType(rows[0]![i]!)),
      })),
      records: filled.length - (hasHeader ? 1 : 0),
      delimiter,
      hasHeader,
      isQuoted: looked.some((line) => line.includes('"')),
    }
  }
  return undefined
}

/** All cells are short texts that could be names, and no two are the same. */
function isHeader(cells: readonly string[]): boolean {
  const names = new Set(cells.map((cell) => cell.trim().toLowerCase()))
  return (
    names.size === cells.length &&
    cells.every((cell) => {
      const type = cellType(cell)
      return type.kind === 'primitive' && type.name === 'string' && cell.length < longestHeaderCell
    })
  )
}

function columnType(rows: readonly string[][], column: number): HiveType {
  return rows.reduce<HiveType>((type, row) => mergeTypes(type, cellType(row[column]!)), unknownType)
}

function cellType(cell: string): HiveType {
  const text = cell.trim()
  if (text === '') return unknownType
  if (/^[+-]?\d{1,18}$/.test(text)) return primitive('bigint')
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return primitive('double')
  return primitive('string')
}

function cellsOf(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter)
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!
    if (char === '"' && quoted && line[i + 1] === '"') cell += line[++i]
    else if (char === '"') quoted = !quoted
    else if (char === delimiter && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += char
  }
  return [...cells, cell]
}
