// Namespaces of Iceberg's REST protocol: the databases of the Data Catalog.
import type { GlueService } from '../api/service.ts'
import type { Database } from '../api/shapes.ts'
import { alreadyExists, badRequest, namespaceNotEmpty, noSuchNamespace } from './errors.ts'
import type { RestRequest } from './request.ts'

type Properties = Record<string, string>

/** The single level of a namespace in Glue. @throws RestError */
export function namespaceName(levels: unknown): string {
  const [name, ...more] = Array.isArray(levels) ? levels : []
  if (typeof name !== 'string' || name === '' || more.length > 0)
    throw badRequest('A namespace has exactly one level: the name of a database')
  return name
}

export function namespaceOperations(glue: GlueService) {
  async function existing(name: string): Promise<Database> {
    const database = await glue.getDatabase(name)
    if (!database) throw noSuchNamespace(name)
    return database
  }

  return {
    async list({ query }: RestRequest) {
      const parent = query.get('parent')
      if (parent) {
        await existing(parent)
        return { namespaces: [] }
      }
      const names = (await glue.getDatabases()).map(({ Name }) => Name).sort()
      const { items, next } = pageOf(names, query)
      return { namespaces: items.map((name) => [name]), ...next }
    },

    async create({ body }: RestRequest) {
      const name = namespaceName(body.namespace).toLowerCase()
      const properties = (body.properties ?? {}) as Properties
      if (await glue.getDatabase(name)) throw alreadyExists(`Namespace ${name}`)
      await glue.createDatabase({ Name: name, ...membersOf(properties) })
      return { namespace: [name], properties: propertiesOf(await existing(name)) }
    },

    async load({ names: [name] }: RestRequest) {
      const database = await existing(name!)
      return { namespace: [database.Name], properties: propertiesOf(database) }
    },

    async check({ names: [name] }: RestRequest) {
      await existing(name!)
    },

    async drop({ names: [name] }: RestRequest) {
      if (await glue.hasTables(await existing(name!))) throw namespaceNotEmpty(name!)
      await glue.dropDatabase(name!)
    },

    async update({ names: [name], body }: RestRequest) {
      const database = await existing(name!)
      const updates = (body.updates ?? {}) as Properties
      const removals = (body.removals ?? []) as string[]
      const before = propertiesOf(database)
      const kept = Object.entries(before).filter(([key]) => !removals.includes(key))
      const DatabaseInput = {
        Name: database.Name,
        ...membersOf({ ...Object.fromEntries(kept), ...updates }),
      }
      await glue.call('UpdateDatabase', { Name: database.Name, DatabaseInput })
      return {
        updated: Object.keys(updates),
        removed: removals.filter((key) => Object.hasOwn(before, key)),
        missing: removals.filter((key) => !Object.hasOwn(before, key)),
      }
    },
  }
}

function propertiesOf({ Parameters, LocationUri, Description }: Database): Properties {
  return {
    ...Parameters,
    ...(LocationUri === undefined ? {} : { location: LocationUri }),
    ...(Description === undefined ? {} : { comment: Description }),
  }
}

function membersOf({ location, comment, ...others }: Properties) {
  return {
    ...(comment === undefined ? {} : { Description: comment }),
    ...(location === undefined ? {} : { LocationUri: location }),
    Parameters: others,
  }
}

/** A page of sorted names; the token is the last name of the previous page. */
export function pageOf(
  names: readonly string[],
  query: URLSearchParams,
): { items: readonly string[]; next: { 'next-page-token'?: string } } {
  const token = query.get('pageToken')
  const size = Number(query.get('pageSize') ?? Number.POSITIVE_INFINITY)
  if (!(size >= 1)) throw badRequest('pageSize is at least 1')
  const start = token ? names.findIndex((name) => name > token) : 0
  const rest = start < 0 ? [] : names.slice(start)
  const items = rest.slice(0, size)
  return { items, next: rest.length > items.length ? { 'next-page-token': items.at(-1)! } : {} }
}
