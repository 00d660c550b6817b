// The context of every operation of the catalog.
import { GlueError } from '../api/errors.ts'
import type { Store } from './store.ts'

export interface CatalogContext {
  readonly store: Store
  readonly accountId: string
  readonly region: string
}

export const nowSeconds = () => Date.now() / 1000

/** The answer of an operation that returns nothing. */
export const done = () => ({})

/** The ARN of a resource of this account, `database/lake`. */
export function arnOf({ accountId, region }: CatalogContext, resource: string): string {
  return `arn:aws:glue:${region}:${accountId}:${resource}`
}

/** Runs the work for each item, and collects the errors for a batch's answer. @throws everything that is no GlueError */
export function eachOf<T>(
  items: readonly T[],
  work: (item: T) => void,
  describe: (item: T, error: GlueError) => object,
): object[] {
  const errors: object[] = []
  for (const item of items) {
    try {
      work(item)
    } catch (error) {
      if (!(error instanceof GlueError)) throw error
      errors.push(describe(item, error))
    }
  }
  return errors
}
