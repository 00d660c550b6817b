// The patterns of the service model as tests of whole texts; none of them can backtrack.
import { RE2JS } from 're2js'

/** Almost all members have one of these: RE2, which is itself JavaScript, would be too slow for so many texts. */
const frequent: Readonly<Record<string, RegExp>> = {
  '[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*':
    /^[\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}\t]*$/u,
  '[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*':
    /^[\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}\r\n\t]*$/u,
  // The one pattern with a look-ahead, which RE2 cannot run.
  '^(?!(.*[.\\/\\\\]|aws:)).*$': /^(?!aws:)[^./\\\n]*$/,
}

const tests = new Map<string, (text: string) => boolean>()

/** A test whether a whole text matches a Java pattern. @throws Error for one that RE2 cannot run */
export function patternTest(source: string): (text: string) => boolean {
  const known = tests.get(source)
  if (known) return known
  const native = frequent[source]
  const test = native ? (text: string) => native.test(text) : re2Test(source)
  tests.set(source, test)
  return test
}

function re2Test(source: string): (text: string) => boolean {
  const spelled = source
    .replaceAll('\\uD800\\uDC00-\\uDBFF\\uDFFF', '\\x{10000}-\\x{10FFFF}')
    .replace(/\\u([0-9A-Fa-f]{4})/g, '\\x{$1}')
  const pattern = RE2JS.compile(spelled, RE2JS.DOTALL)
  return (text) => pattern.matches(text)
}
