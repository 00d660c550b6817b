// Two facts that are asked of the internet at deploy time: the caller's public address, and Kafka's published checksum.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

const ADDRESS_SERVICE = 'https://checkip.amazonaws.com'
const ANSWER_MS = 20_000

/**
 * The range that holds the caller alone, as AWS sees the caller.
 * @throws Failure ADDRESS_UNKNOWN
 */
export async function callersRange(): Promise<string> {
  const remedy = 'give the range yourself: --client-cidr 203.0.113.7/32'
  const text = await ask(ADDRESS_SERVICE, 'ADDRESS_UNKNOWN', 'your public address is not known', remedy)
  const address = text.trim()
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    throw new Failure({
      code: 'ADDRESS_UNKNOWN',
      what: 'your public address is not an IPv4 address; nothing was made',
      why: `${ADDRESS_SERVICE} answers ${JSON.stringify(address.slice(0, 60))}`,
      remedy,
    })
  }
  return `${address}/32`
}

/**
 * The SHA-512 that Apache publishes beside the archive.
 * @throws Failure CHECKSUM_UNKNOWN
 */
export async function publishedSha512(archiveUrl: string): Promise<string> {
  const remedy = `look it up at ${archiveUrl}.sha512 and give it: --kafka-archive-sha512 <128 hexadecimal digits>`
  const what = 'the checksum of Kafka’s archive is not known'
  const sum = parseSha512(await ask(`${archiveUrl}.sha512`, 'CHECKSUM_UNKNOWN', what, remedy))
  if (sum === undefined) {
    throw new Failure({
      code: 'CHECKSUM_UNKNOWN',
      what: `${what}; nothing was made`,
      why: `${archiveUrl}.sha512 holds no SHA-512`,
      remedy,
    })
  }
  return sum
}

/** Reads `<hex>  file` and Apache's own `file: AB12 CD34 ...` over several lines; undefined when it is neither. */
export function parseSha512(text: string): string | undefined {
  const digits = text.includes(':')
    ? text.slice(text.indexOf(':') + 1).replace(/\s/g, '')
    : text.trim().split(/\s/)[0]!
  return /^[0-9a-fA-F]{128}$/.test(digits) ? digits.toLowerCase() : undefined
}

async function ask(url: string, code: string, what: string, remedy: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    return await answer.text()
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? `: ${reasonOf(error.cause)}` : ''
    throw new Failure({
      code,
      what: `${what}; nothing was made`,
      why: `${url}: ${reasonOf(error)}${cause}`,
      remedy,
      cause: error,
    })
  }
}
