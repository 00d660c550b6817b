// Pages of a stored result: read from its object in S3 from where the page before ended, never the whole of it.
import { BoundedMap } from '@ticklake/runtime/bounded-map.ts'
import { invalidInput } from '../api/errors.ts'
import { outputLocation, type Query, resultLayout } from '../api/query.ts'
import { csvRows, textRows } from './result-csv.ts'
import type { ResultObjects } from './s3.ts'

/** Results up to this size are also kept in memory for the client that is about to ask for them. */
const smallBytes = 64 * 1024
const keptResults = 64
/** Pages that follow each other are read from S3 in one piece. */
const mostAheadBytes = 1024 * 1024
const keptAhead = 16
/** Pages that were made before anybody asked for them. */
const keptPages = 16

export interface ResultPage {
  readonly rows: readonly (readonly (string | null)[])[]
  readonly nextToken: string | undefined
}

interface MadePage extends ResultPage {
  /** Of the object. */
  readonly bytes: number
}

export interface ResultPages {
  /** Remembers a small result, so that its first page needs no request to S3. */
  remember(id: string, body: Buffer | undefined): void
  /** @throws AwsError when the token is none of this query, or the object is gone */
  page(query: Query, size: number, token: string | undefined): Promise<ResultPage>
}

export function openResultPages(objects: ResultObjects): ResultPages {
  const small = new BoundedMap<string, Buffer>(keptResults)
  /** What was last read of a result: the next page is in it. */
  const readAhead = new BoundedMap<string, { readonly offset: number; readonly bytes: Uint8Array }>(keptAhead)

  /** The page after one that was answered: whoever asks for one page mostly asks for the next. */
  const nextPages = new BoundedMap<string, Promise<MadePage>>(keptPages)

  async function* chunks(query: Query, offset: number): AsyncGenerator<Uint8Array> {
    const body = small.get(query.id)
    if (body) return yield body.subarray(offset)
    let at = offset
    const ahead = readAhead.get(query.id)
    if (ahead && at >= ahead.offset && at < ahead.offset + ahead.bytes.length) {
      const rest = ahead.bytes.subarray(at - ahead.offset)
      at += rest.length
      yield rest
    }
    try {
      for await (const bytes of objects.read(outputLocation(query), at)) {
        readAhead.delete(query.id)
        if (bytes.length <= mostAheadBytes) readAhead.set(query.id, { offset: at, bytes })
        at += bytes.length
        yield bytes
      }
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey' || (error as Error).name === 'NoSuchBucket') {
        throw invalidInput(
          `Could not find results for query ${query.id}: ${outputLocation(query)} is not there`,
        )
      }
      throw error
    }
  }

  async function pageAt(query: Query, size: number, token: string | undefined): Promise<MadePage> {
    const layout = resultLayout(query)
    const rows: (readonly (string | null)[])[] = []
    const start = token === undefined ? 0 : offsetIn(token, query.id)
    // The heading of EXPLAIN is a row of the answer, but not of the object.
    if (token === undefined && query.substatement === 'EXPLAIN')
      rows.push(query.columns!.map((column) => column.Name))
    let end = start
    if (layout !== 'none' && rows.length < size) {
      const read = layout === 'csv' ? csvRows : textRows
      for await (const row of read(chunks(query, start))) {
        rows.push(row.values)
        end = start + row.endByte
        if (rows.length === size) break
      }
    }
    // A full page always has a token, even when nothing follows.
    const nextToken = rows.length === size ? tokenAt(query.id, end) : undefined
    return { rows, nextToken, bytes: end - start }
  }

  /** While the client reads the page before. */
  function makeAhead(query: Query, size: number, token: string): void {
    const key = pageKey(query, size, token)
    const page = pageAt(query, size, token)
    page.catch(() => nextPages.delete(key))
    nextPages.set(key, page)
  }

  return {
    remember(id, body) {
      if (body && body.length <= smallBytes) small.set(id, body)
    },
    async page(query, size, token) {
      const key = pageKey(query, size, token)
      const made = nextPages.get(key)
      nextPages.delete(key)
      const page = await (made ?? pageAt(query, size, token))
      if (page.nextToken !== undefined && page.bytes <= mostAheadBytes) makeAhead(query, size, page.nextToken)
      return page
    },
  }
}

/** A token alone would be taken for a page of any query. */
function pageKey({ id }: Query, size: number, token: string | undefined): string {
  return `${id} ${size} ${token}`
}

function tokenAt(id: string, offset: number): string {
  return Buffer.from(`${id}:${offset}`).toString('base64url')
}

function offsetIn(token: string, id: string): number {
  const match = /^([0-9a-f-]{36}):(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString('latin1'))
  if (match?.[1] !== id) throw invalidInput(`Malformed nextPageToken ${token}`)
  return Number(match[2])
}
