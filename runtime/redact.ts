// Takes secrets out of what a person or a log gets to see: by the name that stands before them, and by their value.

const CENSOR = '[redacted]'

/** Names of things that nobody but their owner may see, however they are spelt. */
const secretName =
  /passw(or)?d|passphrase|secret|(session|security|auth|access|bearer|id|refresh|oauth)[-_.]?token|^token$|_token$|authorization|credential|api[-_.]?key|private[-_.]?key|key[-_.]?pem|x-amz-signature|sasl[-_.]jaas/i

/** `name=value`, `name: value`, `"name":"value"` (also escaped) within a text. */
const namedInText =
  /([\w.-]*(?:passw(?:or)?d|passphrase|secret|(?:session|security|auth|access|bearer|id|refresh|oauth)[-_.]?token|api[-_.]?key|private[-_.]?key|x-amz-signature|x-amz-credential|sasl\.jaas\.config)[\w.-]*)(\\*["']?\s*[=:]\s*\\*["']?)([^\s"'\\,;&)}\]]+)/gi
const authorizationInText = /(authorization\\*["']?\s*[=:]\s*\\*["']?)[^"'\\\r\n]+/gi
const userInUrl = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi
const pemInText = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g

/** Shorter values stand in ordinary words too, such as the `test` of a local stack. */
const LEAST_LENGTH = 6
const known = new Set<string>()

/** From now on this value is never shown, wherever it stands. Too short ones are left to their names. */
export function keepSecret(value: string | undefined): void {
  if (value !== undefined && value.length >= LEAST_LENGTH) known.add(value)
}

/** Variables that only say where a secret is, or whose. */
const onlyAbout = /_(FILE|DIR|PATH|URI|URL|ARN|ID|NAME|EXPIRATION)$/

/** The values of all variables whose names say that they are secret. */
export function keepSecretsOf(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (secretName.test(name) && !onlyAbout.test(name)) keepSecret(value)
  }
}

/** The text without secrets. */
export function redactText(text: string): string {
  let shown = text
  for (const value of known) {
    shown = shown.replaceAll(value, CENSOR)
    const escaped = JSON.stringify(value).slice(1, -1)
    if (escaped !== value) shown = shown.replaceAll(escaped, CENSOR)
  }
  return shown
    .replace(authorizationInText, `$1${CENSOR}`)
    .replace(namedInText, `$1$2${CENSOR}`)
    .replace(userInUrl, `$1${CENSOR}@`)
    .replace(pemInText, CENSOR)
}

/** A line of JSON without secrets, at any depth and within its texts. */
export function redactLine(line: string): string {
  try {
    return `${JSON.stringify(redactValue(JSON.parse(line)))}\n`
  } catch {
    return redactText(line)
  }
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(redactValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      secretName.test(name) && inner !== null && typeof inner !== 'boolean' ? CENSOR : redactValue(inner),
    ]),
  )
}
