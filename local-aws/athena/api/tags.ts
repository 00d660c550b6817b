// Tags of workgroups and data catalogs, which are named by their ARN.
import type { LocalAwsConfig } from '../../config.ts'
import { AwsError } from '../../http/aws-error.ts'
import { invalidInput } from './errors.ts'
import type { Operations } from './request.ts'

export type Tags = Readonly<Record<string, string>>

const mostTags = 50

/** @throws AwsError for a key of AWS's own */
export function tagsOf(given: readonly { readonly Key?: string; readonly Value?: string }[] = []): Tags {
  if (given.some(({ Key }) => Key !== undefined && /^aws:/i.test(Key))) {
    throw invalidInput('aws: prefixed tag key names are not allowed for external use.')
  }
  return Object.fromEntries(given.map(({ Key, Value }) => [Key, Value ?? '']))
}

export interface TaggedKind {
  get(name: string): { readonly Tags: Tags } | undefined
  retag(name: string, tags: Tags): void
}

/** @param kinds by their names in ARNs */
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
    TagResource({ ResourceARN, Tags: given }) {
      const { tags: before, retag } = tagged(ResourceARN)
      const after: Tags = { ...before, ...tagsOf(given) }
      if (Object.keys(after).length > mostTags) throw invalidInput(`A resource has at most ${mostTags} tags`)
      retag(after)
      return {}
    },
    UntagResource({ ResourceARN, TagKeys }) {
      const { tags: before, retag } = tagged(ResourceARN)
      const left = Object.entries(before).filter(([key]) => !TagKeys.includes(key))
      retag(Object.fromEntries(left))
      return {}
    },
    // There are at most 50 tags, and a page has at least 75: so there is one page.
    ListTagsForResource: ({ ResourceARN }) => ({
      Tags: Object.entries(tagged(ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  }
}
