// The CSV that Athena leaves in S3: each value in quotes, NULL as an empty field. `rowsJson` reads it.

/** One line, with its newline. */
export function csvLine(values: readonly (string | null)[]): string {
  let line = ''
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (i > 0) line += ','
    if (value !== null) line += value.includes('"') ? `"${value.replaceAll('"', '""')}"` : `"${value}"`
  }
  return `${line}\n`
}
