// The configuration of a workgroup: what it may be, what holds where nothing is said, and how an update changes it.
import { s3Location } from '../results/s3.ts'
import { invalidInput } from './errors.ts'
import { engineVersion, type ResultSettings } from './query.ts'
import type { Members } from './request.ts'
import { flag, integer, list, map, required, type Structure, structure, text } from './shape.ts'

/** Text that AWS's model gives no length. */
const unboundedText = text({ max: 2_048 })
const kmsKey = text({ min: 1, max: 2_048 })
const result = {
  OutputLocation: unboundedText,
  EncryptionConfiguration: structure({
    EncryptionOption: required(text({ oneOf: ['SSE_S3', 'SSE_KMS', 'CSE_KMS'] })),
    KmsKey: unboundedText,
  }),
  ExpectedBucketOwner: text({ pattern: /^[0-9]{12}$/ }),
  AclConfiguration: structure({ S3AclOption: required(text({ oneOf: ['BUCKET_OWNER_FULL_CONTROL'] })) }),
}
/** ResultConfiguration, of a workgroup and of a request. */
export const resultShape = structure(result)
const managedResults = { EncryptionConfiguration: structure({ KmsKey: required(kmsKey) }) }
const monitoring = structure({
  CloudWatchLoggingConfiguration: structure({
    Enabled: required(flag),
    LogGroup: text({ min: 1, max: 512 }),
    LogStreamNamePrefix: text({ min: 1, max: 512 }),
    LogTypes: map(list(text({ max: 128 }), { max: 50 }), { max: 50, key: text({ max: 128 }) }),
  }),
  ManagedLoggingConfiguration: structure({ Enabled: required(flag), KmsKey: kmsKey }),
  S3LoggingConfiguration: structure({
    Enabled: required(flag),
    KmsKey: kmsKey,
    LogLocation: text({ max: 1_024 }),
  }),
})
const engineProperties = map(text({ max: 1_024 }), { max: 50, key: text({ min: 1, max: 255 }) })
/** EngineConfiguration: processing units, of which there are none here. */
export const engineShape = structure({
  CoordinatorDpuSize: integer({ min: 1, max: 1 }),
  MaxConcurrentDpus: integer({ min: 2, max: 5_000 }),
  DefaultExecutorDpuSize: integer({ min: 1, max: 1 }),
  AdditionalConfigs: engineProperties,
  SparkProperties: engineProperties,
  Classifications: list(structure({ Name: text({ min: 1, max: 128 }), Properties: engineProperties }), {
    max: 50,
  }),
})

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
  MonitoringConfiguration: monitoring,
  EngineConfiguration: engineShape,
  CustomerContentEncryptionConfiguration: structure({ KmsKey: required(kmsKey) }),
  EnableMinimumEncryptionConfiguration: flag,
  QueryResultsS3AccessGrantsConfiguration: structure({
    EnableS3AccessGrants: required(flag),
    CreateUserLevelPrefix: flag,
    AuthenticationType: required(text({ oneOf: ['DIRECTORY_IDENTITY'] })),
  }),
}
export const configurationShape = structure({
  ...settings,
  ResultConfiguration: resultShape,
  ManagedQueryResultsConfiguration: structure({ ...managedResults, Enabled: required(flag) }),
  IdentityCenterConfiguration: structure({
    EnableIdentityCenter: flag,
    IdentityCenterInstanceArn: text({ max: 255 }),
  }),
  SystemTableStatuses: list(
    structure({ TableName: required(text({ oneOf: ['QUERY_EXECUTIONS'] })), Enabled: required(flag) }),
    { max: 50 },
  ),
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
  if (location !== undefined && !s3Location(location))
    throw invalidInput('outputLocation is not a valid S3 path.')
  const managed = configuration.ManagedQueryResultsConfiguration as Members | undefined
  if (managed?.Enabled && location !== undefined) {
    throw invalidInput(
      'A workgroup has either managed query results or an output location, not both: remove one of them',
    )
  }
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
