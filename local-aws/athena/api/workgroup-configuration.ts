// The configuration of a workgroup: its rules, its defaults, and how an update changes it.
import { s3Location } from '../results/s3.ts'
import { invalidInput } from './errors.ts'
import { engineVersion, type ResultSettings } from './query.ts'
import type { RequestOf } from './request.ts'

type Given = RequestOf<'CreateWorkGroup'>['Configuration']
type Updates = NonNullable<RequestOf<'UpdateWorkGroup'>['ConfigurationUpdates']>

/** In the form in which a workgroup stores it. */
export type Configuration = NonNullable<Given> & {
  readonly EnforceWorkGroupConfiguration: boolean
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
  if (configuration.ManagedQueryResultsConfiguration?.Enabled && location !== undefined) {
    throw invalidInput(
      'A workgroup has either managed query results or an output location, not both: remove one of them',
    )
  }
  const { SelectedEngineVersion = 'AUTO' } = configuration.EngineVersion ?? {}
  if (!engineVersions.includes(SelectedEngineVersion)) {
    throw invalidInput(`Engine version ${SelectedEngineVersion} is not supported by local-aws`)
  }
  return { ...configuration, EngineVersion: { ...engineVersion, SelectedEngineVersion } }
}

/** `Remove<member>` removes a member, any other member is set; `<member>Updates` does so one level down. */
export function updatedConfiguration(before: Configuration, given: Updates): Configuration {
  const {
    ResultConfigurationUpdates,
    ManagedQueryResultsConfigurationUpdates: managedUpdates,
    ...own
  } = given
  const managed = before.ManagedQueryResultsConfiguration
  return {
    ...applied(before, own),
    ResultConfiguration: applied(before.ResultConfiguration, ResultConfigurationUpdates ?? {}),
    ...(managed || managedUpdates
      ? { ManagedQueryResultsConfiguration: applied(managed ?? { Enabled: false }, managedUpdates ?? {}) }
      : {}),
  }
}

function applied<T extends object>(before: T, given: object): T {
  const after = { ...before } as Record<string, unknown>
  for (const [name, value] of Object.entries(given)) {
    if (!name.startsWith('Remove')) after[name] = value
    else if (value === true) delete after[name.slice('Remove'.length)]
  }
  return after as T
}
