// The name of a database in a header of the engine, which reads its headers as Latin-1: other letters are percent-encoded.

/** Before a name that is encoded. */
export const headerMark = 'utf8:'
const viewMark = '/* Presto View: '

/** The name as the engine gets it; it asks the Data Catalog for the same. */
export function headerName(name: string): string {
  return /[^\x20-\xff]/.test(name) ? headerMark + encodeURIComponent(name).toLowerCase() : name
}

/** The database's own name; any other name as it is. */
export function ownName(name: string): string {
  if (!name.startsWith(headerMark)) return name
  try {
    return decodeURIComponent(name.slice(headerMark.length))
  } catch {
    return name
  }
}

/** The text of a view, which keeps the context in which it was made, with the database's own name. */
export function ownView(text: string): string {
  if (!text.startsWith(viewMark)) return text
  const encoded = text.slice(viewMark.length, -' */'.length)
  const view = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { schema?: string }
  if (view.schema === undefined || ownName(view.schema) === view.schema) return text
  const own = JSON.stringify({ ...view, schema: ownName(view.schema) })
  return `${viewMark}${Buffer.from(own).toString('base64')} */`
}
