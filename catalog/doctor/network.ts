// Whether a host and port can be reached from this machine: name, TCP, TLS, each with its own error.
import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { type PeerCertificate, connect as tlsConnect } from 'node:tls'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import type { Certificate, Reach, TlsAnswer } from './diagnoses.ts'

/** The limit for one name, one connection, one handshake. */
const STEP_MS = 5_000

export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port` and `[::1]:9092`, comma-separated, as in Kafka's clients; undefined if one is not an address. */
export function parseServers(list: string): Address[] | undefined {
  const addresses: Address[] = []
  for (const server of list.split(',')) {
    const match = /^\s*(?:[A-Z_]+:\/\/)?(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})\s*$/.exec(server)
    const port = Number(match?.[3])
    if (!match || port < 1 || port > 65_535) return undefined
    addresses.push({ host: (match[1] ?? match[2])!, port })
  }
  return addresses
}

/** All addresses of the name, as the system's resolver (and so the Kafka client) sees them. */
export async function resolveName(host: string): Promise<Reach> {
  try {
    const found = await within(STEP_MS, lookup(host, { all: true }))
    return { reached: true, addresses: found.map(({ address }) => address) }
  } catch (error) {
    return { reached: false, step: 'name', code: codeOf(error), reason: reasonOf(error) }
  }
}

/** Resolves the name, then connects by TCP; the connection is closed again. */
export async function reachTcp({ host, port }: Address): Promise<Reach> {
  const named = await resolveName(host)
  if (!named.reached) return named
  const socket = connect({ host, port })
  try {
    await within(STEP_MS, connected(socket, 'connect'))
    return named
  } catch (error) {
    return { reached: false, step: 'tcp', code: codeOf(error), reason: reasonOf(error) }
  } finally {
    socket.on('error', () => {}).destroy()
  }
}

/**
 * A TLS handshake that reads the certificate without rejecting it, so that everything wrong with it can be reported.
 * @param authority PEM text; undefined: the authorities that Node knows
 */
export async function handshake({ host, port }: Address, authority: string | undefined): Promise<TlsAnswer> {
  let socket: ReturnType<typeof tlsConnect> | undefined
  try {
    socket = tlsConnect({
      host,
      port,
      rejectUnauthorized: false,
      ...(isIP(host) ? {} : { servername: host }),
      ...(authority === undefined ? {} : { ca: authority }),
    })
    await within(STEP_MS, connected(socket, 'secureConnect'))
    const error = socket.authorizationError as unknown
    return {
      spoke: true,
      protocol: socket.getProtocol() ?? 'TLS',
      problem: socket.authorized
        ? undefined
        : { code: typeof error === 'string' ? error : codeOf(error), reason: reasonOf(error) },
      certificate: certificateOf(socket.getPeerCertificate()),
    }
  } catch (error) {
    return { spoke: false, code: codeOf(error), reason: reasonOf(error) }
  } finally {
    socket?.on('error', () => {}).destroy()
  }
}

function certificateOf(peer: PeerCertificate): Certificate {
  const name = (subject: PeerCertificate['subject'] | undefined) =>
    [subject?.CN ?? subject?.O ?? 'nobody'].flat().join(' ')
  return {
    names: peer.subjectaltname ?? `CN:${name(peer.subject)}`,
    issuer: name(peer.issuer),
    validFromMs: Date.parse(peer.valid_from),
    validToMs: Date.parse(peer.valid_to),
  }
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve).once('error', reject)
    socket.once('close', () =>
      reject(Object.assign(new Error('the connection was closed'), { code: 'ECLOSED' })),
    )
  })
}

/** Rejects with the code ETIMEDOUT when the answer takes longer. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error(`no answer within ${ms / 1000} s`), { code: 'ETIMEDOUT' })
    timer = setTimeout(() => reject(error), ms)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown[] }
  if (typeof code === 'string') return code
  return errors?.[0] ? codeOf(errors[0]) : 'UNKNOWN'
}
