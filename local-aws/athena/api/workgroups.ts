// Workgroups: who asks, where results go, and what a query may cost.
import type { LocalAwsConfig } from '../../config.ts'
import type { Definitions } from '../engine/definitions.ts'
import { s3Place } from '../results/s3.ts'
import { invalidInput } from './errors.ts'
import { paging, type Tags, tags, tagsOf, workgroupName } from './members.ts'
import { engineVersion, type ResultSettings } from './query.ts'
import type { Members } from './request.ts'
import {
  flag,
  integer,
  list,
  type Operations,
  opaque,
  operation,
  required,
  type Structure,
  structure,
  text,
} from './shape.ts'

export const primaryWorkgroup = 'primary'

const result = {
  OutputLocation: text({}),
  EncryptionConfiguration: structure({
    EncryptionOption: required(text({ oneOf: ['SSE_S3', 'SSE_KMS', 'CSE_KMS'] })),
    KmsKey: text({}),
  }),
  ExpectedBucketOwner: text({ pattern: /^[0-9]{12}$/ }),
  AclConfiguration: structure({ S3AclOption: required(text({ oneOf: ['BUCKET_OWNER_FULL_CONTROL'] })) }),
}
const managedResults = { EncryptionConfiguration: opaque }

/** Members that CreateWorkGroup and UpdateWorkGroup take alike. */
const settings = {
  EnforceWorkGroupConfiguration: flag,
  PublishCloudWatchMetricsEnabled: flag,
  BytesScannedCutoffPerQuery: integer({ min: 10_000_000 }),
  RequesterPaysEnabled: flag,
  EngineVersion: structure({
    SelectedEngineVersion: text({ min: 1, max: 128 }),
    EffectiveEngineVersion: text({ min: 1, max: 128 }),
  }),
  AdditionalConfiguration: text({ min: 1, max: 128 }),
  ExecutionRole: text({ min: 20, max: 2_048 }),
  MonitoringConfiguration: opaque,
  EngineConfiguration: opaque,
  CustomerContentEncryptionConfiguration: structure({ KmsKey: required(text({ min: 1, max: 2_048 })) }),
  EnableMinimumEncryptionConfiguration: flag,
  QueryResultsS3AccessGrantsConfiguration: opaque,
}
const configurationShape = structure({
  ...settings,
  ResultConfiguration: structure(result),
  ManagedQueryResultsConfiguration: structure({ ...managedResults, Enabled: required(flag) }),
  IdentityCenterConfiguration: opaque,
  SystemTableStatuses: list(opaque, { max: 50 }),
})
const updates = {
  ...settings,
  RemoveBytesScannedCutoffPerQuery: flag,
  RemoveCustomerContentEncryptionConfiguration: flag,
  ResultConfigurationUpdates: structure({
    ...result,
    RemoveOutputLocation: flag,
    RemoveEncryptionConfiguration: flag,
    RemoveExpectedBucketOwner: flag,
    RemoveAclConfiguration: flag,
  }),
  ManagedQueryResultsConfigurationUpdates: structure({
    ...managedResults,
    Enabled: flag,
    RemoveEncryptionConfiguration: flag,
  }),
}

type Configuration = Members & {
  readonly EnforceWorkGroupConfiguration: boolean
  readonly BytesScannedCutoffPerQuery?: number
  readonly ResultConfiguration: ResultSettings
}

export interface Workgroup {
  readonly Name: string
  readonly State: string
  readonly Description?: string
  readonly Configuration: Configuration
  readonly CreationTime: number
  readonly Tags: Tags
}

/** What lies in workgroups: it keeps one from being deleted, or is deleted with it. */
export interface WorkgroupContents {
  isEmpty(workgroup: string): boolean
  removeAll(workgroup: string): void
}

export interface Workgroups {
  /** The one that a request names, or the primary one. @throws AwsError when there is no such */
  of(name: string | undefined): Workgroup
  get(name: string): Workgroup | undefined
  retag(name: string, tags: Tags): void
  readonly operations: Operations
}

const engineVersions = [engineVersion.SelectedEngineVersion, engineVersion.EffectiveEngineVersion]
const defaults = {
  EnableMinimumEncryptionConfiguration: false,
  EngineVersion: engineVersion,
  PublishCloudWatchMetricsEnabled: false,
  RequesterPaysEnabled: false,
  ResultConfiguration: {},
}

/** Opens the workgroups; the primary one is made where it is not there yet. */
export function openWorkgroups(
  stored: Definitions<Workgroup>,
  contents: readonly WorkgroupContents[],
  { defaultResults }: Pick<LocalAwsConfig, 'defaultResults'>,
): Workgroups {
  // Looked for first: a start must not need to write.
  if (!stored.get('', primaryWorkgroup)) stored.add('', primaryWorkgroup, primary())

  function of(name: string = primaryWorkgroup): Workgroup {
    const found = stored.get('', name)
    if (!found) throw invalidInput('WorkGroup is not found.')
    if (name !== primaryWorkgroup || defaultResults === undefined) return found
    const { Configuration } = found
    const ResultConfiguration = { OutputLocation: defaultResults, ...Configuration.ResultConfiguration }
    return { ...found, Configuration: { ...Configuration, ResultConfiguration } }
  }

  const operations = {
    CreateWorkGroup: operation(
      {
        Name: required(workgroupName),
        Configuration: configurationShape,
        Description: text({ max: 1_024 }),
        Tags: tags,
      },
      ({ Name, Configuration, Description, Tags }) => {
        if (Name === primaryWorkgroup) throw invalidInput('primary workGroup could not be created')
        const isNew = stored.add('', Name, {
          Name,
          State: 'ENABLED',
          ...(Description === undefined ? {} : { Description }),
          Configuration: checked({ ...defaults, EnforceWorkGroupConfiguration: true, ...Configuration }),
          CreationTime: Date.now() / 1000,
          Tags: tagsOf(Tags),
        })
        if (!isNew) throw invalidInput('WorkGroup is already created')
        return {}
      },
    ),
    UpdateWorkGroup: operation(
      {
        WorkGroup: required(workgroupName),
        Description: text({ max: 1_024 }),
        ConfigurationUpdates: structure(updates),
        State: text({ oneOf: ['ENABLED', 'DISABLED'] }),
      },
      ({ WorkGroup, Description, ConfigurationUpdates, State }) => {
        of(WorkGroup)
        const before = stored.get('', WorkGroup)!
        stored.change('', WorkGroup, {
          ...before,
          ...(Description === undefined ? {} : { Description }),
          ...(State === undefined ? {} : { State }),
          Configuration: checked(updated(before.Configuration, ConfigurationUpdates ?? {})),
        })
        return {}
      },
    ),
    GetWorkGroup: operation({ WorkGroup: required(workgroupName) }, ({ WorkGroup }) => {
      const { Tags: _, ...shown } = of(WorkGroup)
      return { WorkGroup: shown }
    }),
    ListWorkGroups: operation(paging, (page) => {
      const { items, next } = stored.page('', page)
      const WorkGroups = items.map(({ Name, State, Description, CreationTime, Configuration }) => ({
        Name,
        State,
        ...(Description === undefined ? {} : { Description }),
        CreationTime,
        EngineVersion: Configuration.EngineVersion,
      }))
      return { WorkGroups, ...next }
    }),
    DeleteWorkGroup: operation(
      { WorkGroup: required(workgroupName), RecursiveDeleteOption: flag },
      ({ WorkGroup, RecursiveDeleteOption }) => {
        of(WorkGroup)
        if (WorkGroup === primaryWorkgroup) throw invalidInput('primary workGroup could not be deleted')
        if (!RecursiveDeleteOption && contents.some((content) => !content.isEmpty(WorkGroup))) {
          throw invalidInput(`WorkGroup ${WorkGroup} is not empty`)
        }
        for (const content of contents) content.removeAll(WorkGroup)
        stored.remove('', WorkGroup)
        return {}
      },
    ),
  }
  return {
    of,
    get: (name) => stored.get('', name),
    retag: (name, Tags) => {
      of(name)
      stored.change('', name, { ...stored.get('', name)!, Tags })
    },
    operations,
  }
}

function primary(): Workgroup {
  return {
    Name: primaryWorkgroup,
    State: 'ENABLED',
    // awswrangler reads EnforceWorkGroupConfiguration and breaks when it is absent.
    Configuration: { ...defaults, EnforceWorkGroupConfiguration: false },
    CreationTime: Date.now() / 1000,
    Tags: {},
  }
}

/** The configuration, if a query can be run with it. @throws AwsError */
function checked(configuration: Configuration): Configuration {
  const location = configuration.ResultConfiguration.OutputLocation
  if (location !== undefined && !s3Place(location))
    throw invalidInput('outputLocation is not a valid S3 path.')
  const managed = configuration.ManagedQueryResultsConfiguration as Members | undefined
  if (managed?.Enabled) throw invalidInput('Managed query results are not supported by local-aws')
  const { SelectedEngineVersion = 'AUTO' } = configuration.EngineVersion as Members
  if (!engineVersions.includes(SelectedEngineVersion as string)) {
    throw invalidInput(`Engine version ${SelectedEngineVersion} is not supported by local-aws`)
  }
  return { ...configuration, EngineVersion: { ...engineVersion, SelectedEngineVersion } as Members }
}

/** `Remove<member>` takes a member away, any other member is set; `<member>Updates` does so one level down. */
function updated(before: Configuration, given: Structure<typeof updates>): Configuration {
  const { ResultConfigurationUpdates, ManagedQueryResultsConfigurationUpdates, ...own } = given
  const managed = before.ManagedQueryResultsConfiguration as Members | undefined
  return {
    ...(applied(before, own) as Configuration),
    ResultConfiguration: applied(before.ResultConfiguration, ResultConfigurationUpdates ?? {}),
    ...(managed || ManagedQueryResultsConfigurationUpdates
      ? {
          ManagedQueryResultsConfiguration: applied(
            managed ?? {},
            ManagedQueryResultsConfigurationUpdates ?? {},
          ),
        }
      : {}),
  }
}

function applied(before: Members, given: Members): Members {
  const after: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(given)) {
    if (!name.startsWith('Remove')) after[name] = value
    else if (value === true) delete after[name.slice('Remove'.length)]
  }
  return after
}
