// How each of the two servers behind local-aws gets the secret of this start.
import { createHmac } from 'node:crypto'

/** Hexadecimal digits: Trino reads the same text as Base64, which makes 48 bytes of it. */
export const secretForm = /^[0-9a-f]{64}$/

/** MiniStack accepts it in addition to the client's own signature (stack/ministack/guard.py). */
export const secretHeader = 'X-Ticklake-Secret'

/** For clients that sign with the secret, which MiniStack verifies. */
export function miniStackCredentials(secret = 'test'): { accessKeyId: string; secretAccessKey: string } {
  return { accessKeyId: 'test', secretAccessKey: secret }
}

/**
 * The headers of a request to Trino: the user, and a JSON Web Token (RFC 7519) that is signed with the secret. Trino
 * requires one only if it believes that the connection is encrypted. This one uses loopback, or a private network.
 */
export function trinoHeaders(user: string, secret: string | undefined): Record<string, string> {
  if (secret === undefined) return { 'X-Trino-User': user }
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const token = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: user })}`
  const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(token).digest('base64url')
  return {
    'X-Trino-User': user,
    'X-Forwarded-Proto': 'https',
    Authorization: `Bearer ${token}.${signature}`,
  }
}
