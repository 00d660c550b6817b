// The words that programs write where a value is missing.

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

/** Whether a cell says that there is no value. */
export function isMissing(cell: string): boolean {
  return cell.length <= 8 && missingValues.has(cell.trim().toLowerCase())
}
