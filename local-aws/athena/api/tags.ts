// Tags of workgroups and data catalogs, which are named by their ARN.
import type { LocalAwsConfig } from '../../config.ts'
import { AwsError } from '../../http/aws-error.ts'
import { invalidInput } from './errors.ts'
import { type Tags, tags, tagsOf } from './members.ts'
import { integer, list, type Operations, operation, required, text } from './shape.ts'

const resourceArn = required(text({ min: 1, max: 1_011 }))
const mostTags = 50

export interface TaggedKind {
  get(name: string): { readonly Tags: Tags } | undefined
  retag(name: string, tags: Tags): void
}

/** @param kinds by what an ARN calls them */
export function tagOperations(
  kinds: Readonly<Record<'workgroup' | 'datacatalog', TaggedKind>>,
  { region, accountId }: Pick<LocalAwsConfig, 'region' | 'accountId'>,
): Operations {
  function tagged(arn: string): { tags: Tags; retag: (tags: Tags) => void } {
    const [scheme, , service, , account, resource, ...rest] = arn.split(':')
    const [kind, name, ...parts] = resource?.split('/') ?? []
    if (scheme !== 'arn' || service !== 'athena' || !name || rest.length + parts.length > 0) {
      throw invalidInput(
        `Invalid ARN: ${arn}. It is like arn:aws:athena:${region}:${accountId}:workgroup/primary`,
      )
    }
    const owner = kind === 'workgroup' || kind === 'datacatalog' ? kinds[kind] : undefined
    const found = account === accountId ? owner?.get(name) : undefined
    if (!owner || !found) {
      throw new AwsError('ResourceNotFoundException', `${arn} was not found`, { ResourceName: name })
    }
    return { tags: found.Tags, retag: (after) => owner.retag(name, after) }
  }

  return {
    TagResource: operation(
      { ResourceARN: resourceArn, Tags: required(tags) },
      ({ ResourceARN, Tags: given }) => {
        const { tags: before, retag } = tagged(ResourceARN)
        const after: Tags = { ...before, ...tagsOf(given) }
        if (Object.keys(after).length > mostTags)
          throw invalidInput(`A resource has at most ${mostTags} tags`)
        retag(after)
        return {}
      },
    ),
    UntagResource: operation(
      { ResourceARN: resourceArn, TagKeys: required(list(text({ min: 1, max: 128 }))) },
      ({ ResourceARN, TagKeys }) => {
        const { tags: before, retag } = tagged(ResourceARN)
        const left = Object.entries(before).filter(([key]) => !TagKeys.includes(key))
        retag(Object.fromEntries(left))
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
        Tags: Object.entries(tagged(ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    ),
  }
}
