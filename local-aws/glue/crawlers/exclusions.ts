// Which objects a crawler reads: the globs of its target's Exclusions, and Athena's own rule for hidden names.
import { RE2JS } from 're2js'

/** A longer glob is refused; an object's key has at most 1,024 characters. */
export const longestGlob = 2048

/** Names that Athena ignores too: any folder or object that starts with `_` or `.`. */
export function isHidden(relativeKey: string): boolean {
  return relativeKey.split('/').some((segment) => segment.startsWith('_') || segment.startsWith('.'))
}

/**
 * A test for keys relative to the include path. A pattern that ends in a slash means all below it.
 * @throws Error that names an invalid glob
 */
export function exclusionTest(patterns: readonly string[]): (relativeKey: string) => boolean {
  const globs = patterns.map((pattern) => compiled(pattern.endsWith('/') ? `${pattern}**` : pattern))
  return (key) => globs.some((glob) => glob.matches(key))
}

/** Run by an engine without backtracking: `**a**a**a` takes at most its length times the key's. */
function compiled(glob: string): RE2JS {
  if (glob.length > longestGlob) {
    throw new Error(`An exclusion has at most ${longestGlob} characters; this one has ${glob.length}`)
  }
  try {
    return RE2JS.compile(globSource(glob), RE2JS.DOTALL)
  } catch (error) {
    throw new Error(`The exclusion ${glob} is no glob: ${(error as Error).message}`)
  }
}

/** `*` within a folder, `**` across folders, `?`, `{a,b}`, `[a-z]`, `[!x]`, and `\` before a literal character. */
function globSource(glob: string): string {
  let source = ''
  let braces = 0
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i]!
    const bracketEnd = char === '[' ? glob.indexOf(']', i + 2) : -1
    if (char === '*' && glob[i + 1] === '*') {
      source += '.*'
      i++
    } else if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '{') {
      source += '(?:'
      braces++
    } else if (char === '}' && braces > 0) {
      source += ')'
      braces--
    } else if (char === ',' && braces > 0) source += '|'
    else if (bracketEnd > 0) {
      source += charClass(glob.slice(i + 1, bracketEnd))
      i = bracketEnd
    } else source += RE2JS.quote(char === '\\' && i + 1 < glob.length ? glob[++i]! : char)
  }
  return source + ')'.repeat(braces)
}

const slash = 0x2f

/** A class of characters, none of which is ever the slash between folders. */
function charClass(inside: string): string {
  const isNegated = inside.startsWith('!') || inside.startsWith('^')
  const chars = Array.from(isNegated ? inside.slice(1) : inside, (char) => char.codePointAt(0)!)
  const ranges: [number, number][] = []
  for (let i = 0; i < chars.length; i++) {
    const isRange = chars[i + 1] === 0x2d && i + 2 < chars.length
    const [from, to] = [chars[i]!, chars[isRange ? i + 2 : i]!]
    if (to < from) throw new Error(`a range that ends before it begins: [${inside}]`)
    ranges.push([from, to])
    if (isRange) i += 2
  }
  if (isNegated) return `[^/${ranges.map(spelt).join('')}]`
  const without = ranges.flatMap(([from, to]): [number, number][] =>
    from <= slash && slash <= to
      ? [
          [from, slash - 1],
          [slash + 1, to],
        ]
      : [[from, to]],
  )
  const left = without.filter(([from, to]) => from <= to)
  return left.length === 0 ? '[^\\x{0}-\\x{10FFFF}]' : `[${left.map(spelt).join('')}]`
}

const spelt = ([from, to]: [number, number]) => `\\x{${from.toString(16)}}-\\x{${to.toString(16)}}`
