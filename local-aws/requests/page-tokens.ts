// Paging as in AWS's services: a token holds the key after which the next page starts; other tokens are refused.
import type { AwsError } from '../http/aws-error.ts'

/** The tokens of a service. @param refused the error for an invalid token */
export function pageTokens(refused: (token: string) => AwsError) {
  const refuse = (token: string): never => {
    throw refused(token.length > longestShown ? `${token.slice(0, longestShown)}...` : token)
  }

  /** The token of the page after the item with this key. */
  function nextToken(lastKey: string): string {
    return Buffer.from(JSON.stringify({ after: lastKey })).toString('base64url')
  }

  /** The key in a token; undefined without a token. @throws AwsError */
  function startAfter(token: string | undefined): string | undefined {
    if (token === undefined || token === '') return undefined
    try {
      const { after } = JSON.parse(Buffer.from(token, 'base64url').toString())
      if (typeof after === 'string') return after
    } catch {
      // falls through: whatever is wrong with it, it is not one of ours
    }
    return refuse(token)
  }

  return {
    nextToken,
    startAfter,
    refuse,

    /** The key of a list whose keys are whole numbers. @throws AwsError */
    startAfterNumber(token: string | undefined): number | undefined {
      const after = startAfter(token)
      if (after === undefined) return undefined
      return /^\d{1,15}$/.test(after) ? Number(after) : refuse(token!)
    },

    /** For a list that always fits into one page. @throws AwsError */
    requireNoToken(token: string | undefined): void {
      if (token) refuse(token)
    },

    /**
     * One page, from rows of which one more than fits was fetched.
     * @param keyOfRow the key after which the next page starts
     */
    pageOf<Row>(
      rows: Row[],
      size: number,
      keyOfRow: (row: Row) => string,
    ): { rows: Row[]; next: { NextToken?: string } } {
      if (rows.length <= size) return { rows, next: {} }
      const page = rows.slice(0, size)
      return { rows: page, next: { NextToken: nextToken(keyOfRow(page.at(-1)!)) } }
    },
  }
}

const longestShown = 300
