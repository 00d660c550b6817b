// The words that programs write for a missing value.

const missingValues = new Set([
  '',
  'null',
  'na',
  'n/a',
  '#n/a',
  'nan',
  'none',
  'nil',
  '-',
  '--',
  '–',
  '—',
  '.',
])

/** Whether a cell means that the value is missing. */
export function isMissing(cell: string): boolean {
  return cell.length <= 8 && missingValues.has(cell.trim().toLowerCase())
}
