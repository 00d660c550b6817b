// Tags of resources: stored by ARN, only for a resource that exists, and deleted with it.
import { GlueError, invalidInput } from '../api/errors.ts'
import type { Handlers } from '../api/request.ts'
import { arnOf, type CatalogContext } from './context.ts'
import type { Store } from './store.ts'

export type Tags = Record<string, string>

/** AWS's limit for a resource. */
const mostTags = 50

/** By the kind of resource in its ARN: the query that finds it by the names that follow the kind. */
const finders: Readonly<Record<string, string>> = {
  catalog: 'SELECT 1 FROM catalogs WHERE name = ?',
  classifier: 'SELECT 1 FROM classifiers WHERE name = ?',
  connection: 'SELECT 1 FROM connections WHERE name = ?',
  crawler: 'SELECT 1 FROM crawlers WHERE name = ?',
  database: 'SELECT 1 FROM databases WHERE name = lower(?)',
  registry: 'SELECT 1 FROM registries WHERE name = ?',
  schema: 'SELECT 1 FROM schemas WHERE registry = ? AND name = ?',
  table: 'SELECT 1 FROM tables WHERE database = lower(?) AND name = lower(?)',
  userDefinedFunction: 'SELECT 1 FROM functions WHERE database = lower(?) AND name = lower(?)',
}

export function tagOperations(context: CatalogContext): Handlers {
  const { store } = context
  const check = (arn: string) => {
    const resource = arn.split(':').slice(5).join(':')
    const [kind = '', ...names] = resource.split('/')
    const sql = Object.hasOwn(finders, kind) ? finders[kind] : undefined
    const count = sql?.match(/\?/g)?.length
    if (!sql) {
      // The catalog itself: `catalog` without a name.
      throw invalidInput(`Resource type ${kind} cannot have tags`)
    }
    const isRoot = kind === 'catalog' && names.length === 0
    if (!isRoot && (names.length !== count || !store.one(sql, ...names))) {
      throw new GlueError('EntityNotFoundException', `Entity not found: ${arn}`)
    }
  }

  return {
    GetTags({ ResourceArn }: { ResourceArn: string }) {
      check(ResourceArn)
      return { Tags: tagsOf(store, ResourceArn) }
    },

    TagResource({ ResourceArn, TagsToAdd }: { ResourceArn: string; TagsToAdd: Tags }) {
      check(ResourceArn)
      const all = { ...tagsOf(store, ResourceArn), ...TagsToAdd }
      if (Object.keys(all).length > mostTags)
        throw invalidInput(`A resource can have ${mostTags} tags at most`)
      setTags(store, ResourceArn, TagsToAdd)
      return {}
    },

    UntagResource({ ResourceArn, TagsToRemove }: { ResourceArn: string; TagsToRemove: string[] }) {
      check(ResourceArn)
      store.transaction(() => {
        for (const key of TagsToRemove) {
          store.run('DELETE FROM tags WHERE arn = ? AND key = ?', ResourceArn, key)
        }
      })
      return {}
    },
  }
}

/** The tags that a resource of this account gets when it is created. */
export function addTags(context: CatalogContext, resource: string, tags: Tags | undefined): void {
  if (tags) setTags(context.store, arnOf(context, resource), tags)
}

/** Whether a resource has all of these tags with these values. */
export function hasTags(context: CatalogContext, resource: string, wanted: Tags): boolean {
  const tags = tagsOf(context.store, arnOf(context, resource))
  return Object.entries(wanted).every(([key, value]) => tags[key] === value)
}

/** Deletes the tags of a resource, and of what lies in it (`database/lake` and `table/lake/...`). */
export function deleteTags(context: CatalogContext, resource: string, inside?: string): void {
  const { store } = context
  store.run('DELETE FROM tags WHERE arn = ?', arnOf(context, resource))
  if (inside === undefined) return
  const prefix = arnOf(context, inside)
  store.run('DELETE FROM tags WHERE substr(arn, 1, ?) = ?', prefix.length, prefix)
}

function tagsOf(store: Store, arn: string): Tags {
  const rows = store.all<{ key: string; value: string }>('SELECT key, value FROM tags WHERE arn = ?', arn)
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]))
}

function setTags(store: Store, arn: string, tags: Tags): void {
  store.transaction(() => {
    for (const [key, value] of Object.entries(tags)) {
      store.run('INSERT OR REPLACE INTO tags (arn, key, value) VALUES (?, ?, ?)', arn, key, value)
    }
  })
}
