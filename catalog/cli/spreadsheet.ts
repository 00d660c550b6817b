// CSV fields that a spreadsheet opens as text and never as a formula. Pure; the dashboard uses it, too.

/** What a spreadsheet takes for the beginning of a formula, also after blanks, and as full-width characters. */
const formula = /^[\s\u200b-\u200f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]/
/** Blanks that some programs strip before they recognize a formula. */
const control = /^[\t\r\n]/
const number = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

/** The cell, with an apostrophe before it if a spreadsheet would calculate it. Numbers stay unchanged. */
export function guardFormula(cell: string): string {
  return (formula.test(cell) || control.test(cell)) && !number.test(cell) ? `'${cell}` : cell
}

/** One field by RFC 4180: NULL is empty, an empty text `""`. @param safe guards formulas, whatever the separator */
export function csvField(cell: string | null, safe: boolean): string {
  if (cell === null) return ''
  const text = safe ? guardFormula(cell) : cell
  const quoted = safe ? /[",;\t\r\n]/ : /[",\r\n]/
  return text === '' || quoted.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
