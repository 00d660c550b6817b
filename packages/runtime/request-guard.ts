// Which requests our servers accept: keeps web pages of other sites, and foreign names that resolve to this machine,
// away from the dashboard, local-aws and every health port. Pure; it reads only the head of a request.
import type { Option } from './env.ts'
import { Failure } from './errors.ts'

/** What the guard reads: node:http's IncomingMessage is one. */
export interface RequestHead {
  readonly method?: string | undefined
  /** The request target as it was sent. */
  readonly url?: string | undefined
  /** Alternating names and values, as in node:http: a repeated header is there twice. */
  readonly rawHeaders: readonly string[]
}

export interface GuardRules {
  /** The address that the server listens on, which is one of its names. */
  readonly listensOn: string
  /** Names, or name:port, in addition to the loopback names. */
  readonly allowedHosts: readonly string[] | undefined
  /** The variable that adds to them, for the error when a request is refused. */
  readonly allowedHostsVariable: string
  /** Whether names such as `bucket.localhost`, which S3 clients use, are the server's too. */
  readonly bucketHosts?: boolean
  /** Services that may be asked for by names such as `glue.us-east-1.localhost`, which some clients read the service from. */
  readonly serviceHosts?: readonly string[]
  /** Paths that a link on another site may open. By default none. */
  readonly mayBeLinkedTo?: (path: string) => boolean
}

export interface OwnRequest {
  /** The label in front of the server's own name, where `bucketHosts` allows one. */
  readonly bucket: string | undefined
  /** The service that the name is of, where `serviceHosts` allows it. */
  readonly service: string | undefined
  /** The server's own name in the Host header, without labels in front of it, and its port where there is one. */
  readonly own: string
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']
const anyAddress = ['', '0.0.0.0', '::', '[::]']
const hostForm = /^(?<name>[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?<port>\d{1,5}))?$/
const addressForm = /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/
const bucketLabel = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/
const regionLabel = /^[a-z]{2,3}-[a-z-]{1,30}-\d{1,2}$/

/**
 * Call it before anything of a request except its head is read.
 * @throws Failure TARGET_REFUSED (no plain path: a proxy's absolute form, control characters), HOST_REFUSED (DNS
 * rebinding: a foreign name that resolves to this address), ORIGIN_REFUSED (a page of another site asks)
 */
export function requireOwnRequest(asked: RequestHead, rules: GuardRules): OwnRequest {
  const target = asked.url ?? ''
  if (!/^\/[\x21-\x7e]*$/.test(target)) {
    throw new Failure({
      code: 'TARGET_REFUSED',
      what: 'the request names no path of this server; nothing was read or run',
      why: `the request target is ${shown(target)}`,
      remedy: 'request a path that begins with /; this server is not a proxy',
    })
  }
  const host = requireOwnHost(valuesOf(asked, 'host'), rules)
  const path = target.split('?', 1)[0]!
  const isRead = asked.method === 'GET' || asked.method === 'HEAD'
  const mayBeLinked = isRead && rules.mayBeLinkedTo?.(path) === true
  requireOwnOrigin(asked, host.text, mayBeLinked)
  return { bucket: host.bucket, service: host.service, own: host.own }
}

/** The HTTP status for a refusal by the guard; undefined for any other error. */
export function denialStatus(error: unknown): 400 | 403 | 421 | undefined {
  if (!(error instanceof Failure)) return undefined
  if (error.code === 'TARGET_REFUSED') return 400
  if (error.code === 'HOST_REFUSED') return 421
  return error.code === 'ORIGIN_REFUSED' ? 403 : undefined
}

/** A variable that lists host names, for `GuardRules.allowedHosts`. */
export function hostNames(facts: { doc: string }): Option<readonly string[] | undefined> {
  return {
    doc: facts.doc,
    kind: 'names or name:port, comma-separated, may be unset',
    fallback: undefined,
    parse: (text) => {
      const names = text
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== '')
      if (!names.every((name) => hostForm.test(name))) {
        throw new Error('must be host names, comma-separated; an IPv6 address in brackets, no wildcards')
      }
      return names
    },
  }
}

/** Every value of a header, one for each time that it was sent. */
export function valuesOf({ rawHeaders }: RequestHead, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name)
}

function requireOwnHost(sent: readonly string[], rules: GuardRules): OwnRequest & { readonly text: string } {
  const text = sent.length === 1 ? sent[0]!.toLowerCase() : ''
  const name = hostForm.exec(text)?.groups?.name
  const own = [...loopbackNames, ...(rules.allowedHosts ?? []).map((each) => each.toLowerCase())]
  if (!anyAddress.includes(rules.listensOn)) own.push(asHost(rules.listensOn.toLowerCase()))
  const [, port] = text.split(':')
  const isOwn = (each: string) => own.includes(each) || own.includes(`${each}:${port}`)
  const plain = { text, own: text, bucket: undefined, service: undefined }
  if (name !== undefined && (isOwn(name) || own.includes(text))) return plain
  if (name !== undefined && !addressForm.test(name)) {
    const [first, ...rest] = name.split('.')
    const [region, ...parent] = rest
    const below = (labels: readonly string[]) => text.slice(name.length - labels.join('.').length)
    const isBelow = (labels: readonly string[]) =>
      isOwn(labels.join('.')) && !addressForm.test(labels.join('.'))
    if (rules.bucketHosts && isBelow(rest) && bucketLabel.test(first!))
      return { ...plain, own: below(rest), bucket: first }
    const isService = rules.serviceHosts?.includes(first!) && regionLabel.test(region ?? '')
    if (isService && isBelow(parent)) return { ...plain, own: below(parent), service: first }
  }
  throw new Failure({
    code: 'HOST_REFUSED',
    what: 'the request is for a host name that is not this server’s; nothing was read or run',
    why:
      sent.length === 1
        ? `the Host header is ${shown(sent[0]!)}`
        : `there are ${sent.length} Host headers instead of one`,
    remedy: `use localhost, or add the name to ${rules.allowedHostsVariable}`,
  })
}

/** Browsers say in these two headers which site a request comes from; other programs send neither. */
function requireOwnOrigin(asked: RequestHead, host: string, mayBeLinked: boolean): void {
  const foreignOrigin = valuesOf(asked, 'origin').find(
    (origin) => origin !== `http://${host}` && origin !== `https://${host}`,
  )
  const foreignSite = mayBeLinked
    ? undefined
    : valuesOf(asked, 'sec-fetch-site').find((site) => site !== 'same-origin' && site !== 'none')
  if (foreignOrigin === undefined && foreignSite === undefined) return
  throw new Failure({
    code: 'ORIGIN_REFUSED',
    what: 'the request came from a web page of another site; nothing was read or run',
    why:
      foreignOrigin === undefined
        ? `Sec-Fetch-Site is ${shown(foreignSite!)}`
        : `the Origin header is ${shown(foreignOrigin)}`,
    remedy: 'open the address directly in a browser tab, or use a program that is not a browser',
  })
}

/** An IPv6 address as in a Host header. */
function asHost(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
}

/** In quotes, without control characters. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?'))
}
