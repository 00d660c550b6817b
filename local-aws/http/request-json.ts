// Reads the JSON of a request: an object, and not nested so deeply that code which walks it would overflow the stack.

/** No request of Athena or Glue is nested deeper than a dozen levels. */
const deepestRequest = 100

/** The message of the SerializationException for an unreadable request. */
export const unreadableRequest = 'The request is no JSON object, or it is nested too deep'

/** The object; undefined for anything else. @param parse reads integers beyond 2^53 exactly, if that matters */
export function requestObject(
  json: string,
  parse: (json: string) => unknown = JSON.parse,
): object | undefined {
  if (json === '') return {}
  if (isTooDeep(json)) return undefined
  try {
    const body = parse(json)
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : undefined
  } catch {
    return undefined
  }
}

/** Whether the text has more levels of `[` and `{` than that. Strings in it do not count. */
function isTooDeep(json: string): boolean {
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i)
    if (code === 0x22) {
      // By search, since most of a request is strings.
      i = endOfText(json, i + 1)
      if (i < 0) return false
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > deepestRequest) return true
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return false
}

/** The end of the string that begins at `start`: its closing quotation mark, or -1. */
function endOfText(json: string, start: number): number {
  for (let i = start; i < json.length; i++) {
    const code = json.charCodeAt(i)
    if (code === 0x5c) i++
    else if (code === 0x22) return i
  }
  return -1
}
