// Glue's summary of a crawl, as log lines: what was written, and which objects were left out and why.

interface Written {
  readonly Count?: number
  readonly Details?: { readonly names?: readonly string[]; readonly reasons?: readonly Reason[] }
}
/** Only the local Glue says which objects were left out; AWS has that in CloudWatch. */
interface Reason {
  readonly reason: string
  readonly count: number
  readonly lines?: number
  readonly examples: readonly string[]
}

const verbs: Readonly<Record<string, string>> = {
  ADD: 'added',
  UPDATE: 'updated',
  DELETE: 'deleted or deprecated',
}
const namesShown = 5

/** In: the Summary of ListCrawls, JSON inside JSON. Out: no lines if it cannot be read. */
export function crawlLog(summary: string | undefined): string[] {
  return Object.entries(parsed(summary)).flatMap(([entity, text]) =>
    Object.entries(parsed(text)).flatMap(([action, written]) => lines(entity, action, written as Written)),
  )
}

function lines(entity: string, action: string, { Count = 0, Details = {} }: Written): string[] {
  if (Details.reasons) {
    return Details.reasons.map(({ reason, count, lines: broken, examples }) =>
      entity === 'WARNING'
        ? `WARN  ${broken === undefined ? '' : `${broken} `}${reason}, in ${counted(count)}: ${some(examples, count)}`
        : `WARN  left out ${counted(count)} (${reason}): ${some(examples, count)}`,
    )
  }
  const what = `${entity.toLowerCase()}${Count === 1 ? '' : 's'}`
  return [
    `INFO  ${verbs[action] ?? action.toLowerCase()} ${Count} ${what}: ${some(Details.names ?? [], Count)}`,
  ]
}

const counted = (count: number) => `${count} object${count === 1 ? '' : 's'}`

function some(names: readonly string[], count: number): string {
  const shown = names.slice(0, namesShown).join(', ')
  return count > namesShown ? `${shown}, …` : shown
}

function parsed(json: unknown): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(String(json ?? '{}'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
