// Glue's Iceberg REST endpoint: the operation for each method and path below /iceberg.
import type { IcebergTables } from '../../iceberg/tables.ts'
import { longsFromJson, longsToJson } from '../api/long-json.ts'
import type { GlueService } from '../api/service.ts'
import { badRequest, noSuchNamespace, noSuchTable, RestError, restErrorOf } from './errors.ts'
import { namespaceOperations } from './namespaces.ts'
import type { RestRequest } from './request.ts'
import { tableOperations } from './tables.ts'

/** A request as it arrived. */
export interface WireRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly host: string
  readonly text: string
}

export interface IcebergRest {
  /** Larger requests are refused. */
  readonly mostBytes: number
  /** @throws unexpected errors, unchanged */
  answer(request: WireRequest): Promise<{ status: number; text: string }>
}

type Operation = (request: RestRequest) => Promise<unknown>
/** Method, the path after the prefix with `*` for a name, and the handler. */
type Route = readonly [method: string, path: string, operation: Operation]

/** A commit of a table with thousands of columns. */
const mostBytes = 16 * 1024 * 1024

export interface RestParts {
  readonly glue: GlueService
  readonly tables: IcebergTables
  readonly accountId: string
  readonly region: string
}

export function openIcebergRest({ glue, tables, accountId, region }: RestParts): IcebergRest {
  const namespace = namespaceOperations(glue)
  const table = tableOperations(glue, tables, region)
  const routes: readonly Route[] = [
    ['GET', 'namespaces', namespace.list],
    ['POST', 'namespaces', namespace.create],
    ['GET', 'namespaces/*', namespace.load],
    ['HEAD', 'namespaces/*', namespace.check],
    ['DELETE', 'namespaces/*', namespace.drop],
    ['POST', 'namespaces/*/properties', namespace.update],
    ['GET', 'namespaces/*/tables', table.list],
    ['POST', 'namespaces/*/tables', table.create],
    ['POST', 'namespaces/*/register', table.register],
    ['GET', 'namespaces/*/tables/*', table.load],
    ['HEAD', 'namespaces/*/tables/*', table.check],
    ['POST', 'namespaces/*/tables/*', table.commit],
    ['DELETE', 'namespaces/*/tables/*', table.drop],
    ['GET', 'namespaces/*/tables/*/credentials', table.credentials],
    ['POST', 'namespaces/*/tables/*/metrics', async () => undefined],
    ['POST', 'tables/rename', table.rename],
    ['GET', 'namespaces/*/views', async () => ({ identifiers: [] })],
  ]

  function config(): object {
    const names = ['{namespace}', '{table}']
    return {
      defaults: {},
      overrides: { prefix: `catalogs/${accountId}` },
      endpoints: routes.map(([method, path]) => {
        let at = 0
        return `${method} /v1/{prefix}/${path.replaceAll('*', () => names[at++]!)}`
      }),
    }
  }

  async function answer({ method, url, host, text }: WireRequest): Promise<unknown> {
    const { pathname, searchParams: query } = new URL(url, 'http://local-aws')
    const parts = partsOf(pathname)
    if (parts.join('/') === 'config' && method === 'GET') return config()
    // A catalog id before the path is the account's, which is the only one.
    const path = parts[0] === 'catalogs' ? parts.slice(2) : parts
    for (const [own, pattern, operation] of routes) {
      const names = own === method ? namesIn(path, pattern.split('/')) : undefined
      if (!names) continue
      requireOneLevel(names)
      return operation({ names, query, host, body: text === '' ? {} : bodyOf(text) })
    }
    throw new RestError(404, 'NotFoundException', `No route for ${method} ${pathname}`)
  }

  return {
    mostBytes,
    async answer(request) {
      try {
        const body = await answer(request)
        return body === undefined ? { status: 204, text: '' } : { status: 200, text: longsToJson(body) }
      } catch (error) {
        const known = restErrorOf(error)
        if (!known) throw error
        return { status: known.status, text: JSON.stringify(known.body()) }
      }
    },
  }
}

/** The unescaped parts of a path after /iceberg/v1. @throws RestError */
function partsOf(pathname: string): string[] {
  const parts = pathname.split('/').slice(2)
  if (parts.shift() !== 'v1') throw new RestError(404, 'NotFoundException', `No route for ${pathname}`)
  try {
    return parts.filter((part) => part !== '').map(decodeURIComponent)
  } catch {
    throw badRequest('The path is not well escaped')
  }
}

/** The values at the places of `*`; undefined if the path does not match. */
function namesIn(path: readonly string[], pattern: readonly string[]): string[] | undefined {
  if (path.length !== pattern.length) return undefined
  if (!pattern.every((part, i) => part === '*' || part === path[i])) return undefined
  return path.filter((_, i) => pattern[i] === '*').map((name) => name.toLowerCase())
}

/** The separator between the levels of a namespace in a path. */
const levelSeparator = '\u001f'

/**
 * Clients look up a table's metadata tables, such as `db.t.snapshots`, as tables in the namespace `db.t`, and continue
 * if there is none.
 * @throws RestError for a namespace of several levels, which the Data Catalog does not have
 */
function requireOneLevel([namespace, table]: readonly string[]): void {
  if (!namespace?.includes(levelSeparator)) return
  const name = namespace.replaceAll(levelSeparator, '.')
  throw table === undefined ? noSuchNamespace(name) : noSuchTable(name, table)
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    const body = longsFromJson(text)
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return body as Record<string, unknown>
  } catch {
    // The same error as for any other text that is not an object.
  }
  throw badRequest('The body is no JSON object')
}
