// The name of a database in a header of the engine, which reads its headers as Latin-1: other letters are percent-encoded.

const mark = 'utf8:'
const viewMark = '/* Presto View: '

/** The name as the engine gets it; it asks the Data Catalog for the same. */
export function headerName(name: string): string {
  return /[^\x20-\xff]/.test(name) ? mark + encodeURIComponent(name).toLowerCase() : name
}

/** The JSON of a request of the engine with the database's own name, and the name that was there. */
export function withOwnName(json: string): { json: string; headerName: string | undefined } {
  if (!json.includes(`"${mark}`)) return { json, headerName: undefined }
  let found: string | undefined
  const request: unknown = JSON.parse(json, (_key, value: unknown) => {
    if (typeof value !== 'string') return value
    if (value.startsWith(viewMark)) return ownView(value)
    if (!value.startsWith(mark)) return value
    found = value
    return ownName(value)
  })
  return { json: JSON.stringify(request), headerName: found }
}

function ownName(name: string): string {
  try {
    return decodeURIComponent(name.slice(mark.length))
  } catch {
    return name
  }
}

/** A view keeps the context in which it was made. */
function ownView(text: string): string {
  const encoded = text.slice(viewMark.length, -' */'.length)
  const view = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { schema?: string }
  if (!view.schema?.startsWith(mark)) return text
  const own = JSON.stringify({ ...view, schema: ownName(view.schema) })
  return `${viewMark}${Buffer.from(own).toString('base64')} */`
}
