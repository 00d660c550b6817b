// The difference of two JSON values as a JSON Patch (RFC 6902), in which the registry shows the difference of versions.

type Step = { op: 'add' | 'replace'; path: string; value: unknown } | { op: 'remove'; path: string }

/** The steps from the first value to the second; lists of different lengths are replaced as a whole. */
export function jsonPatch(first: unknown, second: unknown, path = ''): Step[] {
  if (Array.isArray(first) && Array.isArray(second) && first.length === second.length) {
    return first.flatMap((item, i) => jsonPatch(item, second[i], `${path}/${i}`))
  }
  if (isObject(first) && isObject(second)) {
    const removed = Object.keys(first)
      .filter((name) => !Object.hasOwn(second, name))
      .map((name): Step => ({ op: 'remove', path: below(path, name) }))
    const rest = Object.entries(second).flatMap(([name, value]): Step[] =>
      Object.hasOwn(first, name)
        ? jsonPatch(first[name], value, below(path, name))
        : [{ op: 'add', path: below(path, name), value }],
    )
    return [...removed, ...rest]
  }
  return JSON.stringify(first) === JSON.stringify(second) ? [] : [{ op: 'replace', path, value: second }]
}

const below = (path: string, name: string) => `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
