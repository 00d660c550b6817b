// Pages of a stored result: each is read from the object in S3 where the previous page ended, never the whole object.
import { setTimeout as delay } from 'node:timers/promises'
import { BoundedMap } from '@ticklake/runtime/bounded-map.ts'
import { WrittenJson } from '../../http/json-answer.ts'
import { invalidInput } from '../api/errors.ts'
import { nextToken, refuseToken, startAfter } from '../api/page.ts'
import { outputLocation, type Query, type ResultLayout, resultLayout } from '../api/query.ts'
import { makeBodyCache } from './body-cache.ts'
import { rowsJson } from './rows-json.ts'
import type { ResultObjects } from './s3.ts'

/** Consecutive pages are read from S3 in one piece. */
const mostAheadBytes = 1024 * 1024
const keptAhead = 16
/** The next page is prepared before it is requested if the previous one was no larger than this. */
const mostMadeBytes = 512 * 1024
const keptPages = 8
/** About as long as it takes to send a page. */
const sendMs = 1

export interface ResultPage {
  /** The JSON of GetQueryResults' Rows. */
  readonly rows: WrittenJson
  readonly nextToken: string | undefined
}

interface MadePage extends ResultPage {
  /** How many bytes of the object it covers. */
  readonly bytes: number
}

/** An object whose lines are rows. */
export interface RowsObject {
  /** Distinguishes its page tokens from those of other objects. */
  readonly key: string
  readonly uri: string
  readonly layout: ResultLayout
  /** A row of the answer that is not in the object. */
  readonly heading?: readonly string[]
}

/** The rows of a query's result. */
export function resultRows(query: Query): RowsObject {
  const object = { key: query.id, uri: outputLocation(query), layout: resultLayout(query) }
  return query.substatement === 'EXPLAIN'
    ? { ...object, heading: query.columns!.map((column) => column.Name) }
    : object
}

/** The lines of the list of files that a query wrote. */
export function manifestRows({ id, manifest }: Query): RowsObject {
  return { key: `${id}-manifest`, uri: manifest ?? '', layout: manifest === undefined ? 'none' : 'lines' }
}

export interface ResultPages {
  /** Keeps a result in memory for the client that will soon request it. */
  remember(id: string, body: Buffer | undefined): void
  /** @throws AwsError when the token is not one of this object, or the object is gone */
  page(object: RowsObject, size: number, token: string | undefined): Promise<ResultPage>
}

export function openResultPages(objects: ResultObjects): ResultPages {
  const bodies = makeBodyCache()
  /** What was read last of a result, which also holds the next page. */
  const readAhead = new BoundedMap<string, { readonly offset: number; readonly bytes: Uint8Array }>(keptAhead)

  /** The page after one that was answered: a client that requests one page mostly requests the next. */
  const nextPages = new BoundedMap<string, Promise<MadePage>>(keptPages)

  async function* chunks({ key, uri }: RowsObject, offset: number): AsyncGenerator<Uint8Array> {
    const body = bodies.get(key)
    if (body) return yield body.subarray(offset)
    let at = offset
    const ahead = readAhead.get(key)
    if (ahead && at >= ahead.offset && at < ahead.offset + ahead.bytes.length) {
      const rest = ahead.bytes.subarray(at - ahead.offset)
      at += rest.length
      yield rest
    }
    try {
      for await (const bytes of objects.read(uri, at)) {
        readAhead.delete(key)
        if (bytes.length <= mostAheadBytes) readAhead.set(key, { offset: at, bytes })
        at += bytes.length
        yield bytes
      }
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey' || (error as Error).name === 'NoSuchBucket') {
        throw invalidInput(`Could not find results for query ${key.slice(0, 36)}: ${uri} is not there`)
      }
      throw error
    }
  }

  async function pageAt(object: RowsObject, size: number, token: string | undefined): Promise<MadePage> {
    const { key, layout, heading } = object
    const start = token === undefined ? 0 : offsetIn(token, key)
    const { pieces, count, bytes } =
      layout === 'none'
        ? { pieces: [Buffer.from('[]')], count: 0, bytes: 0 }
        : await rowsJson(layout, chunks(object, start), size, token === undefined ? heading : undefined)
    // A full page always has a token, even if nothing follows.
    const next = count === size ? tokenAt(key, start + bytes) : undefined
    return { rows: new WrittenJson(pieces), nextToken: next, bytes }
  }

  /** Waits until the previous page is sent, since a page that is in memory is prepared in one piece. */
  function makeAhead(object: RowsObject, size: number, token: string): void {
    const key = pageKey(object, size, token)
    const page = delay(sendMs).then(() => pageAt(object, size, token))
    page.catch(() => nextPages.delete(key))
    nextPages.set(key, page)
  }

  return {
    remember(id, body) {
      if (body) bodies.add(id, body)
    },
    async page(object, size, token) {
      const key = pageKey(object, size, token)
      const made = nextPages.get(key)
      nextPages.delete(key)
      const page = await (made ?? pageAt(object, size, token))
      if (page.nextToken === undefined) bodies.wasRead(object.key)
      else if (page.bytes <= mostMadeBytes) makeAhead(object, size, page.nextToken)
      return page
    },
  }
}

/** Without the object's name, the token would be accepted for any object. */
function pageKey({ key }: RowsObject, size: number, token: string | undefined): string {
  return `${key} ${size} ${token}`
}

function tokenAt(key: string, offset: number): string {
  return nextToken(`${key}:${offset}`)
}

function offsetIn(token: string, key: string): number {
  const match = /^([^:]*):(\d{1,15})$/.exec(startAfter(token) ?? '')
  return match?.[1] === key ? Number(match[2]) : refuseToken(token)
}
