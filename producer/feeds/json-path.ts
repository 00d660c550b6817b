// Reads the paths of --map: `$.data[*].p`, names, numbers and one `[*]`, without anything that could run code.

/** A name, a position in a list, or every position. */
export type Step = string | number | '*'

interface Path {
  /** The path to the list of ticks; undefined: the message is one tick. */
  readonly list: readonly Step[] | undefined
  /** The path within an element. */
  readonly steps: readonly Step[]
}

const step = /^(?:\.([\w-]+)|\[(\d{1,9})\]|\[(\*)\]|\['([^']*)'\]|\["([^"]*)"\])/

/** @throws Error that says what is wrong with it */
export function parsePath(text: string): Path {
  const steps: { readonly key: string | number; readonly isEach: boolean }[] = []
  if (!text.startsWith('$')) throw new Error(`${JSON.stringify(text)} does not begin with $`)
  let rest = text.slice(1)
  while (rest !== '') {
    const match = step.exec(rest)
    if (!match) {
      throw new Error(
        `${JSON.stringify(text)} is not a path such as $.price, $.data[0].p, $['last price'] or $.data[*].p`,
      )
    }
    const [whole, name, position, each, single, double] = match
    steps.push({
      key: position === undefined ? (name ?? single ?? double ?? '*') : Number(position),
      isEach: each !== undefined,
    })
    rest = rest.slice(whole.length)
  }
  const at = steps.findIndex(({ isEach }) => isEach)
  const keys = steps.map(({ key }) => key)
  if (steps.filter(({ isEach }) => isEach).length > 1) {
    throw new Error(`${JSON.stringify(text)} has more than one [*]`)
  }
  return at === -1 ? { list: undefined, steps: keys } : { list: keys.slice(0, at), steps: keys.slice(at + 1) }
}

/** The value at the end of the steps; undefined if there is none. */
export function valueAt(value: unknown, steps: readonly Step[]): unknown {
  let at = value
  for (const key of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    if (typeof key === 'number' && !Array.isArray(at)) return undefined
    at = (at as Record<string | number, unknown>)[key]
  }
  return at
}
