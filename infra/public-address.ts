// The caller's public address, the only fact that `deploy` asks of the internet.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

const ADDRESS_SERVICE = 'https://checkip.amazonaws.com'
const ANSWER_MS = 20_000

/**
 * The range with only the caller's address, as AWS sees it.
 * @throws Failure ADDRESS_UNKNOWN
 */
export async function callersRange(): Promise<string> {
  const answer = await ask()
  const address = answer.trim()
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return `${address}/32`
  throw unknown(
    'your public address is not an IPv4 address; nothing was created',
    `${ADDRESS_SERVICE} answers ${JSON.stringify(address.slice(0, 60))}`,
  )
}

async function ask(): Promise<string> {
  try {
    const answer = await fetch(ADDRESS_SERVICE, { signal: AbortSignal.timeout(ANSWER_MS) })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    return await answer.text()
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${reasonOf(error.cause)}` : ''
    const why = `${ADDRESS_SERVICE}: ${reasonOf(error)}${cause}`
    throw unknown('your public address is not known; nothing was created', why, error)
  }
}

function unknown(what: string, why: string, cause?: unknown): Failure {
  const remedy = 'give the range yourself: --client-cidr 203.0.113.7/32'
  return new Failure({ code: 'ADDRESS_UNKNOWN', what, why, remedy, cause })
}
