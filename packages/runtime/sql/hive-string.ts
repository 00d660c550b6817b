// Reads a string of Hive's DDL: removes its quotes, and resolves its backslash escapes.

/**
 * Removes the quotes, and resolves \t, \n, \001 (octal), \u0001, a doubled quote, and a backslash before any other
 * character.
 */
export function hiveString(quoted: string): string {
  const quote = quoted[0]!
  return quoted
    .slice(1, -1)
    .replace(/''|""|\\(u[0-9a-fA-F]{4}|[0-3][0-7]{2}|[\s\S])/g, (all, code: string | undefined) => {
      if (code === undefined) return all[0] === quote ? quote : all
      if (/^u./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
      if (/^[0-3][0-7]{2}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8))
      return { t: '\t', n: '\n', r: '\r', b: '\b', Z: '\x1a', '0': '\0', '%': '\\%', _: '\\_' }[code] ?? code
    })
}

/** A string as a Hive literal. */
export function hiveLiteral(text: string): string {
  const escaped = text.replace(/[\\'\n\r\t\x00-\x08]/g, (sign) => {
    const named = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\t': '\\t' }[sign]
    return named ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `'${escaped}'`
}
