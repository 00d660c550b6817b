// The one workgroup that there is, as Athena describes it.
import { invalidInput } from './errors.ts'
import { engineVersion } from './query.ts'
import { type Members, optionalText, requiredText } from './request.ts'

export const primaryWorkgroup = 'primary'

/** The workgroup that a request names, or the primary one. @throws AwsError when there is no such */
export function workgroupOf(request: Members): string {
  const name = optionalText(request, 'WorkGroup') ?? primaryWorkgroup
  if (name !== primaryWorkgroup) throw invalidInput('WorkGroup is not found.')
  return name
}

export function getWorkGroup(request: Members, defaultResults: string | undefined, sinceMs: number): unknown {
  requiredText(request, 'WorkGroup')
  return {
    WorkGroup: {
      Name: workgroupOf(request),
      State: 'ENABLED',
      Configuration: {
        // awswrangler reads this one and breaks when it is absent.
        EnforceWorkGroupConfiguration: false,
        EnableMinimumEncryptionConfiguration: false,
        EngineVersion: engineVersion,
        PublishCloudWatchMetricsEnabled: false,
        RequesterPaysEnabled: false,
        ResultConfiguration: defaultResults === undefined ? {} : { OutputLocation: defaultResults },
      },
      CreationTime: sinceMs / 1000,
    },
  }
}

export function listWorkGroups(sinceMs: number): unknown {
  const workgroup = {
    Name: primaryWorkgroup,
    State: 'ENABLED',
    CreationTime: sinceMs / 1000,
    EngineVersion: engineVersion,
  }
  return { WorkGroups: [workgroup] }
}
