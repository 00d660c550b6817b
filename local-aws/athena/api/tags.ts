// Tags of workgroups, which are named by their ARN.
import type { LocalAwsConfig } from '../../config.ts'
import { AwsError } from '../../http/aws-error.ts'
import { invalidInput } from './errors.ts'
import { type Tags, tags, tagsOf } from './members.ts'
import { integer, list, type Operations, operation, required, text } from './shape.ts'
import type { Workgroup, Workgroups } from './workgroups.ts'

const resourceArn = required(text({ min: 1, max: 1_011 }))
const mostTags = 50

export function tagOperations(
  workgroups: Workgroups,
  { region, accountId }: Pick<LocalAwsConfig, 'region' | 'accountId'>,
): Operations {
  function tagged(arn: string): Workgroup {
    const [scheme, , service, , account, resource, ...rest] = arn.split(':')
    const [kind, name, ...parts] = resource?.split('/') ?? []
    if (scheme !== 'arn' || service !== 'athena' || !name || rest.length + parts.length > 0) {
      throw invalidInput(
        `Invalid ARN: ${arn}. It is like arn:aws:athena:${region}:${accountId}:workgroup/primary`,
      )
    }
    const notFound = new AwsError('ResourceNotFoundException', `${arn} was not found`, { ResourceName: name })
    if (kind !== 'workgroup' || account !== accountId) throw notFound
    try {
      return workgroups.of(name)
    } catch {
      throw notFound
    }
  }

  return {
    TagResource: operation(
      { ResourceARN: resourceArn, Tags: required(tags) },
      ({ ResourceARN, Tags: given }) => {
        const { Name, Tags: before } = tagged(ResourceARN)
        const after: Tags = { ...before, ...tagsOf(given) }
        if (Object.keys(after).length > mostTags)
          throw invalidInput(`A resource has at most ${mostTags} tags`)
        workgroups.retag(Name, after)
        return {}
      },
    ),
    UntagResource: operation(
      { ResourceARN: resourceArn, TagKeys: required(list(text({ min: 1, max: 128 }))) },
      ({ ResourceARN, TagKeys }) => {
        const { Name, Tags: before } = tagged(ResourceARN)
        const left = Object.entries(before).filter(([key]) => !TagKeys.includes(key))
        workgroups.retag(Name, Object.fromEntries(left))
        return {}
      },
    ),
    ListTagsForResource: operation(
      {
        ResourceARN: resourceArn,
        // Never more than 50 tags are there, and a page has 75 at least: there is one page.
        NextToken: text({ min: 1, max: 1_024 }),
        MaxResults: integer({ min: 75 }),
      },
      ({ ResourceARN }) => ({
        Tags: Object.entries(tagged(ResourceARN).Tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    ),
  }
}
