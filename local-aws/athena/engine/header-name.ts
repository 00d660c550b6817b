// Database names in the engine's headers, which it reads as Latin-1: other letters are percent-encoded.

/** The prefix of an encoded name. */
export const headerMark = 'utf8:'
const viewMark = '/* Presto View: '

/** The name for the engine, which uses the same name in its requests to the Data Catalog. */
export function headerName(name: string): string {
  return /[^\x20-\xff]/.test(name) ? headerMark + encodeURIComponent(name).toLowerCase() : name
}

/** Decodes a database's own name; any other name stays as it is. */
export function ownName(name: string): string {
  if (!name.startsWith(headerMark)) return name
  try {
    return decodeURIComponent(name.slice(headerMark.length))
  } catch {
    return name
  }
}

/** The text of a view, which stores the context of its creation, with the database's own name. */
export function ownView(text: string): string {
  if (!text.startsWith(viewMark)) return text
  const encoded = text.slice(viewMark.length, -' */'.length)
  const view = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { schema?: string }
  if (view.schema === undefined || ownName(view.schema) === view.schema) return text
  const own = JSON.stringify({ ...view, schema: ownName(view.schema) })
  return `${viewMark}${Buffer.from(own).toString('base64')} */`
}
