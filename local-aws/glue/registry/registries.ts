// Registries of schemas: named groups, of which one exists by default.
import { GlueError, invalidInput } from '../api/errors.ts'
import type { Handlers } from '../api/request.ts'
import { arnOf, type CatalogContext } from '../catalog/context.ts'
import { NamedRows } from '../catalog/named-rows.ts'
import { addTags, deleteTags, type Tags } from '../catalog/tags.ts'

export interface RegistryId {
  RegistryName?: string
  RegistryArn?: string
}
interface Registry {
  Description?: string
}

const defaultRegistry = 'default-registry'

/** The name in a registry id; the default registry's if there is no id. @throws GlueError for both a name and an ARN */
export function registryName({ RegistryName, RegistryArn }: RegistryId = {}): string {
  if (RegistryName !== undefined && RegistryArn !== undefined) {
    throw invalidInput('Only one of RegistryName and RegistryArn may be set')
  }
  if (RegistryArn !== undefined) return RegistryArn.slice(RegistryArn.lastIndexOf('/') + 1)
  return RegistryName ?? defaultRegistry
}

/** Creates the default registry with the first schema that names none. @throws GlueError EntityNotFoundException */
export function needRegistry({ store }: CatalogContext, name: string): void {
  const rows = new NamedRows<Registry>(store, 'registries')
  if (name === defaultRegistry) rows.add(name, {})
  else if (!rows.get(name)) throw registryNotFound(name)
}

const registryNotFound = (name: string) =>
  new GlueError('EntityNotFoundException', `Registry is not found. RegistryName: ${name}`)

export function registryOperations(context: CatalogContext): Handlers {
  const rows = new NamedRows<Registry>(context.store, 'registries')
  type Row = NonNullable<ReturnType<typeof rows.get>>
  const named = (name: string) => ({ RegistryName: name, RegistryArn: arnOf(context, `registry/${name}`) })
  const shown = ({ name, created, updated, value }: Row) => ({
    ...named(name),
    ...value,
    Status: 'AVAILABLE',
    CreatedTime: new Date(created * 1000).toISOString(),
    UpdatedTime: new Date(updated * 1000).toISOString(),
  })
  const find = (id: RegistryId): Row => {
    const name = registryName(id)
    const row = rows.get(name)
    if (!row) throw registryNotFound(name)
    return row
  }

  return {
    CreateRegistry({
      RegistryName: name,
      Description,
      Tags: tags,
    }: {
      RegistryName: string
      Description?: string
      Tags?: Tags
    }) {
      const value = Description === undefined ? {} : { Description }
      if (!rows.add(name, value)) {
        throw new GlueError('AlreadyExistsException', `Registry already exists. RegistryName: ${name}`)
      }
      addTags(context, `registry/${name}`, tags)
      return { ...named(name), ...value, ...(tags ? { Tags: tags } : {}) }
    },

    GetRegistry: ({ RegistryId }: { RegistryId: RegistryId }) => shown(find(RegistryId)),

    ListRegistries(page: { NextToken?: string; MaxResults?: number }) {
      const { items, next } = rows.page(page, shown)
      return { Registries: items, ...next }
    },

    UpdateRegistry({ RegistryId, Description }: { RegistryId: RegistryId; Description: string }) {
      const { name } = find(RegistryId)
      rows.update(name, { Description })
      return named(name)
    },

    DeleteRegistry({ RegistryId }: { RegistryId: RegistryId }) {
      const { name } = find(RegistryId)
      rows.delete(name)
      deleteTags(context, `registry/${name}`, `schema/${name}/`)
      return { ...named(name), Status: 'DELETING' }
    },
  }
}
