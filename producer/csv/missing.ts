// The words that programs write where a value is missing.

const words = new Set(['', 'null', 'na', 'n/a', '#n/a', 'nan', 'none', 'nil', '-', '--', '.'])

/** Whether a cell says that there is no value. */
export function isMissing(cell: string): boolean {
  const first = cell.charCodeAt(0)
  // Most cells are numbers.
  if (first >= 0x30 && first <= 0x39) return false
  return cell.length <= 8 && words.has(cell.trim().toLowerCase())
}
