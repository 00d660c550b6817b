// Writes numbers and dates in the digits and marks of ASCII, which files in Arabic, Hindi, Thai, Chinese or Japanese may not have.

/** The zeros of Arabic, Persian, Devanagari, Bengali, Thai and full-width digits; the nine others follow each. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50, 0xff10]

const marks: Readonly<Record<string, string>> = {
  '\u066b': '.',
  '\u066c': ',',
  '\u066a': '%',
  '．': '.',
  '，': ',',
  '－': '-',
  '＋': '+',
  '％': '%',
  '／': '/',
  '：': ':',
  '￥': '¥',
}

/** @param text a number or a date; all else in it stays as it is */
export function inAscii(text: string): string {
  if (isAscii(text)) return text
  let result = ''
  for (const char of text) {
    const code = char.charCodeAt(0)
    const zero = zeros.find((one) => code >= one && code < one + 10)
    result += zero === undefined ? (marks[char] ?? char) : String(code - zero)
  }
  return result
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
