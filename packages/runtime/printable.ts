// Makes foreign text safe for a terminal: data, names and errors may contain control characters, or characters that
// disguise them.

/**
 * Controls (C0, DEL, C1), text direction, zero width, line and paragraph separators, tags, and halves of surrogate
 * pairs. The joiners U+200C and U+200D stay: words and emoji need them.
 */
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu
const unsafeBeyondAscii =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text with control characters escaped (`\x1b`, `\u202e`). New lines and tabs stay. */
export function printable(text: string): string {
  return text.replace(unsafe, (char) => (char === '\n' || char === '\t' ? char : escaped(char)))
}

/** The same in one line. */
export function printableLine(text: string): string {
  return text.replace(unsafe, escaped)
}

/** Equivalent JSON text, with control characters in JSON's own escapes (`\u009b`). */
export function printableJson(json: string): string {
  return json.replace(unsafeBeyondAscii, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${hex(char.charCodeAt(i), 4)}`).join(''),
  )
}

function escaped(char: string): string {
  const code = char.codePointAt(0)!
  if (code > 0xffff) return `\\u{${hex(code, 0)}}`
  return named[char] ?? (code <= 0xff ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`)
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
