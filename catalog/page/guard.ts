// Who may ask: keeps other sites' pages, and names that were bent to this address, from using the page. Pure.
import { Failure } from '@ticklake/runtime/errors.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

/**
 * @param allowedHosts names (or name:port) beside the loopback ones
 * @throws Failure HOST_REFUSED (DNS rebinding: a foreign name that resolves to this address),
 *   ORIGIN_REFUSED (another site's page asks)
 */
export function requireOwnPage(asked: Asked, allowedHosts: readonly string[]): void {
  const host = one(asked.headers.host)?.toLowerCase() ?? ''
  const name = host.replace(/:\d+$/, '')
  const allowed = [...loopbackNames, ...allowedHosts.map((each) => each.toLowerCase())]
  if (host === '' || !(allowed.includes(name) || allowed.includes(host))) {
    throw new Failure({
      code: 'HOST_REFUSED',
      what: 'the page was asked for by a name that is not its own; nothing was read',
      why: `the Host header is ${JSON.stringify(host.slice(0, 100))}`,
      remedy: `open it as localhost, or add the name to CATALOG_PAGE_ALLOWED_HOSTS`,
    })
  }
  const origin = one(asked.headers.origin)
  const site = one(asked.headers['sec-fetch-site'])
  const foreignOrigin = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
  const isApi = asked.path.startsWith('/api/')
  const foreignSite = isApi && site !== undefined && site !== 'same-origin' && site !== 'none'
  if (foreignOrigin || foreignSite) {
    throw new Failure({
      code: 'ORIGIN_REFUSED',
      what: 'another site asked; nothing was read or run',
      why: origin
        ? `the Origin header is ${JSON.stringify(origin.slice(0, 100))}`
        : `Sec-Fetch-Site is ${site}`,
      remedy: 'open the page itself, in a tab of its own',
    })
  }
}

/** The headers of every answer. `nonce` lets the editor put its own style sheet into the page. */
export function securityHeaders(nonce?: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${nonce ? ` 'nonce-${nonce}'` : ''}`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'x-frame-options': 'DENY',
  }
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
