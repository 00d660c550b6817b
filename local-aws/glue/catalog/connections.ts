// Connections to databases: stored and shown, never opened.
import { errorDetail, GlueError } from '../api/errors.ts'
import { type Handlers, pick } from '../api/request.ts'
import { type CatalogContext, eachOf } from './context.ts'
import { NamedRows } from './named-rows.ts'
import { addTags, deleteTags, type Tags } from './tags.ts'

type Properties = Readonly<Record<string, string>>

interface ConnectionInput {
  Name: string
  ConnectionType: string
  ConnectionProperties: Record<string, string>
  MatchCriteria?: string[]
  Description?: string
  SparkProperties?: Properties
  AthenaProperties?: Properties
  PythonProperties?: Properties
  PhysicalConnectionRequirements?: object
  AuthenticationConfiguration?: object
}

const members = [
  'Name',
  'Description',
  'ConnectionType',
  'MatchCriteria',
  'ConnectionProperties',
  'SparkProperties',
  'AthenaProperties',
  'PythonProperties',
  'PhysicalConnectionRequirements',
  'AuthenticationConfiguration',
] as const
/** Where a connection has a program's own properties instead of the common ones. */
const propertiesOf = {
  SPARK: 'SparkProperties',
  ATHENA: 'AthenaProperties',
  PYTHON: 'PythonProperties',
} as const
const secretProperties = ['PASSWORD', 'ENCRYPTED_PASSWORD']

const connectionNotFound = (name: string) =>
  new GlueError('EntityNotFoundException', `Connection ${name} not found.`)

export function connectionOperations(context: CatalogContext): Handlers {
  const { store, accountId } = context
  const rows = new NamedRows<ConnectionInput>(store, 'connections')
  type Row = NonNullable<ReturnType<typeof rows.get>>

  const shown = ({ value, created, updated }: Row, hidePassword: boolean, overrides: Properties = {}) => ({
    ...value,
    ConnectionProperties: Object.fromEntries(
      Object.entries({ ...value.ConnectionProperties, ...overrides }).filter(
        ([name]) => !hidePassword || !secretProperties.includes(name),
      ),
    ),
    MatchCriteria: value.MatchCriteria ?? [],
    CreationTime: created,
    LastUpdatedTime: updated,
    LastUpdatedBy: `arn:aws:iam::${accountId}:root`,
    Status: 'READY',
    ConnectionSchemaVersion: 1,
  })

  const remove = (name: string) => {
    if (!rows.delete(name)) throw connectionNotFound(name)
    deleteTags(context, `connection/${name}`)
  }

  return {
    CreateConnection({
      ConnectionInput: input,
      Tags: tags,
    }: {
      ConnectionInput: ConnectionInput
      Tags?: Tags
    }) {
      if (!rows.add(input.Name, pick(input, members))) {
        throw new GlueError('AlreadyExistsException', 'Connection already exists.')
      }
      addTags(context, `connection/${input.Name}`, tags)
      return { CreateConnectionStatus: 'READY' }
    },

    GetConnection({
      Name,
      HidePassword = false,
      ApplyOverrideForComputeEnvironment: environment,
    }: {
      Name: string
      HidePassword?: boolean
      ApplyOverrideForComputeEnvironment?: keyof typeof propertiesOf
    }) {
      const row = rows.get(Name)
      if (!row) throw connectionNotFound(Name)
      const overrides = environment && row.value[propertiesOf[environment]]
      return { Connection: shown(row, HidePassword, overrides) }
    },

    GetConnections({
      Filter = {},
      HidePassword = false,
      ...page
    }: {
      Filter?: { MatchCriteria?: string[]; ConnectionType?: string }
      HidePassword?: boolean
      NextToken?: string
      MaxResults?: number
    }) {
      const { items, next } = rows.page(page, (row) => {
        const { ConnectionType, MatchCriteria = [] } = row.value
        const isWanted =
          (Filter.ConnectionType ?? ConnectionType) === ConnectionType &&
          (Filter.MatchCriteria ?? []).every((criterion) => MatchCriteria.includes(criterion))
        return isWanted ? shown(row, HidePassword) : undefined
      })
      return { ConnectionList: items, ...next }
    },

    UpdateConnection({ Name, ConnectionInput: input }: { Name: string; ConnectionInput: ConnectionInput }) {
      if (!rows.update(Name, { ...pick(input, members), Name })) throw connectionNotFound(Name)
      return {}
    },

    DeleteConnection({ ConnectionName }: { ConnectionName: string }) {
      remove(ConnectionName)
      return {}
    },

    BatchDeleteConnection({ ConnectionNameList }: { ConnectionNameList: string[] }) {
      const failed: [string, object][] = []
      eachOf(ConnectionNameList, remove, (name, error) => {
        failed.push([name, errorDetail(error)])
        return {}
      })
      const Succeeded = ConnectionNameList.filter((name) => !failed.some(([other]) => other === name))
      return { Succeeded, Errors: Object.fromEntries(failed) }
    },
  }
}
