// Which objects a crawler looks at: the globs of its target's Exclusions, and Athena's own rule for hidden names.

/** Names that Athena ignores too: any folder or object that starts with `_` or `.`. */
export function isHidden(relativeKey: string): boolean {
  return relativeKey.split('/').some((segment) => segment.startsWith('_') || segment.startsWith('.'))
}

/** A test for keys relative to the include path. A pattern that ends in a slash means all below it. */
export function exclusionTest(patterns: readonly string[]): (relativeKey: string) => boolean {
  const expressions = patterns.map((pattern) => globPattern(pattern.endsWith('/') ? `${pattern}**` : pattern))
  return (key) => expressions.some((expression) => expression.test(key))
}

/** `*` within a folder, `**` across folders, `?`, `{a,b}`, `[a-z]`, `[!x]`, and `\` before what is meant as it is. */
export function globPattern(glob: string): RegExp {
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
      const inside = glob
        .slice(i + 1, bracketEnd)
        .replaceAll('\\', '\\\\')
        .replace(/^!/, '^')
      source += `(?!/)[${inside}]`
      i = bracketEnd
    } else {
      const literal = char === '\\' && i + 1 < glob.length ? glob[++i]! : char
      source += literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    }
  }
  return new RegExp(`^${source}${')'.repeat(braces)}$`, 's')
}
