// SCRAM's messages and proofs, without the connection. RFC 5802, RFC 7677
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export type ScramHash = 'sha256' | 'sha512'

/** Fewer iterations than Kafka allows suggest an impostor; more would only keep this process busy. */
const ITERATIONS = [4096, 1_000_000] as const

export interface ScramClient {
  /** The first message to send. */
  readonly first: string
  /**
   * Answers the server's first message.
   * @throws Error when that message is not as SCRAM says
   */
  readonly final: (serverFirst: string, password: string) => Promise<string>
  /** Checks that the server knows the password too. @throws Error if it does not */
  readonly verify: (serverFinal: string) => void
}

/** `nonce`: characters that were never used before, without a comma. */
export function scramClient(hash: ScramHash, username: string, nonce: string): ScramClient {
  const firstBare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  let expected: Buffer | undefined
  return {
    first: `n,,${firstBare}`,
    async final(serverFirst, password) {
      const [, serverNonce, salt, count] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? []
      const iterations = Number(count)
      if (!serverNonce?.startsWith(nonce) || serverNonce === nonce || !salt) {
        throw new Error('the server’s first message is not as SCRAM says')
      }
      if (!(iterations >= ITERATIONS[0] && iterations <= ITERATIONS[1])) {
        throw new Error(`the server asks for ${count} iterations`)
      }
      const bytes = hash === 'sha256' ? 32 : 64
      const salted = await promisify(pbkdf2)(password, Buffer.from(salt, 'base64'), iterations, bytes, hash)
      const withoutProof = `c=biws,r=${serverNonce}`
      const signed = `${firstBare},${serverFirst},${withoutProof}`
      const clientKey = hmac(hash, salted, 'Client Key')
      const signature = hmac(hash, createHash(hash).update(clientKey).digest(), signed)
      const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!))
      expected = hmac(hash, hmac(hash, salted, 'Server Key'), signed)
      return `${withoutProof},p=${proof.toString('base64')}`
    },
    verify(serverFinal) {
      const given = Buffer.from(/^v=([^,]+)/.exec(serverFinal)?.[1] ?? '', 'base64')
      if (!expected || given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new Error('the server did not prove that it knows the password')
      }
    },
  }
}

function hmac(hash: ScramHash, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest()
}
