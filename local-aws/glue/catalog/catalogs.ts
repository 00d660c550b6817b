// Catalogs besides the account's own: registered and shown; databases exist only in the account's own.
import { GlueError } from '../api/errors.ts'
import { type Handlers, pick } from '../api/request.ts'
import { arnOf, type CatalogContext } from './context.ts'
import { NamedRows } from './named-rows.ts'
import { addTags, deleteTags, type Tags } from './tags.ts'

interface CatalogInput {
  Description?: string
  Parameters?: Record<string, string>
  FederatedCatalog?: object
  TargetRedshiftCatalog?: object
  CatalogProperties?: object
  CreateTableDefaultPermissions?: object[]
  CreateDatabaseDefaultPermissions?: object[]
  AllowFullTableExternalDataAccess?: string
}
const members = [
  'Description',
  'Parameters',
  'FederatedCatalog',
  'TargetRedshiftCatalog',
  'CatalogProperties',
  'CreateTableDefaultPermissions',
  'CreateDatabaseDefaultPermissions',
  'AllowFullTableExternalDataAccess',
] as const

/** @throws GlueError for a CatalogId that is neither an account nor a registered catalog without databases */
export function checkCatalogId(id: unknown): void {
  if (typeof id === 'string' && !/^\d{12}$/.test(id)) {
    throw new GlueError('EntityNotFoundException', `Catalog ${id} not found.`)
  }
}

export function catalogOperations(context: CatalogContext): Handlers {
  const { store, accountId } = context
  const rows = new NamedRows<CatalogInput>(store, 'catalogs')
  type Row = NonNullable<ReturnType<typeof rows.get>>
  const nameOf = (id: string) => (id.startsWith(`${accountId}:`) ? id.slice(accountId.length + 1) : id)
  const find = (id: string): Row => {
    const row = rows.get(nameOf(id))
    if (!row) throw new GlueError('EntityNotFoundException', `Catalog ${id} not found.`)
    return row
  }
  const root = () => ({
    CatalogId: accountId,
    Name: accountId,
    ResourceArn: arnOf(context, 'catalog'),
    CreateTime: 0,
    UpdateTime: 0,
    CreateTableDefaultPermissions: [],
    CreateDatabaseDefaultPermissions: [],
  })
  const shown = ({ name, created, updated, value }: Row) => ({
    ...root(),
    ...value,
    CatalogId: `${accountId}:${name}`,
    Name: name,
    ResourceArn: arnOf(context, `catalog/${name}`),
    CreateTime: created,
    UpdateTime: updated,
  })

  return {
    CreateCatalog({
      Name,
      CatalogInput: input,
      Tags: tags,
    }: {
      Name: string
      CatalogInput: CatalogInput
      Tags?: Tags
    }) {
      if (!rows.add(Name, pick(input, members))) {
        throw new GlueError('AlreadyExistsException', `Catalog ${Name} already exists.`)
      }
      addTags(context, `catalog/${Name}`, tags)
      return {}
    },

    GetCatalog: ({ CatalogId }: { CatalogId: string }) => ({
      Catalog: CatalogId === accountId ? root() : shown(find(CatalogId)),
    }),

    GetCatalogs({
      ParentCatalogId = accountId,
      IncludeRoot = false,
      ...page
    }: {
      ParentCatalogId?: string
      IncludeRoot?: boolean
      NextToken?: string
      MaxResults?: number
    }) {
      if (ParentCatalogId !== accountId) {
        find(ParentCatalogId)
        return { CatalogList: [] }
      }
      const { items, next } = rows.page(page, shown)
      const isFirst = page.NextToken === undefined
      return { CatalogList: [...(IncludeRoot && isFirst ? [root()] : []), ...items], ...next }
    },

    UpdateCatalog({ CatalogId, CatalogInput: input }: { CatalogId: string; CatalogInput: CatalogInput }) {
      rows.update(find(CatalogId).name, pick(input, members))
      return {}
    },

    DeleteCatalog({ CatalogId }: { CatalogId: string }) {
      const { name } = find(CatalogId)
      rows.delete(name)
      deleteTags(context, `catalog/${name}`)
      return {}
    },
  }
}
