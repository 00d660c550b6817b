// The configuration of a workgroup: what it may be, what holds where nothing is said, and how an update changes it.
import { s3Place } from '../results/s3.ts'
import { invalidInput } from './errors.ts'
import { engineVersion, type ResultSettings } from './query.ts'
import type { Members } from './request.ts'
import { flag, integer, list, opaque, required, type Structure, structure, text } from './shape.ts'

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
export const configurationShape = structure({
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

export const configurationUpdates = structure(updates)

export type Configuration = Members & {
  readonly EnforceWorkGroupConfiguration: boolean
  readonly BytesScannedCutoffPerQuery?: number
  readonly ResultConfiguration: ResultSettings
}

const engineVersions = [engineVersion.SelectedEngineVersion, engineVersion.EffectiveEngineVersion]
export const defaultConfiguration = {
  EnableMinimumEncryptionConfiguration: false,
  EngineVersion: engineVersion,
  PublishCloudWatchMetricsEnabled: false,
  RequesterPaysEnabled: false,
  ResultConfiguration: {},
}

/** The configuration, if a query can be run with it. @throws AwsError */
export function usableConfiguration(configuration: Configuration): Configuration {
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
export function updatedConfiguration(before: Configuration, given: Structure<typeof updates>): Configuration {
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
