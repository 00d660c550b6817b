// Removes secrets from logs and messages: by the name before them, and by their value.

const CENSOR = '[redacted]'

/** Names of secrets, in any spelling. */
const secretName =
  /passw(or)?d|passphrase|secret|(session|security|auth|access|bearer|id|refresh|oauth)[-_.]?token|^token$|_token$|authorization|credential|api[-_.]?key|private[-_.]?key|key[-_.]?pem|x-amz-signature|sasl[-_.]jaas/i

/**
 * A name and its separator from the value: `name=`, `name: `, `"name":"` (also escaped). The name is a whole run of
 * letters, so that the pattern is not tried from each position in it.
 */
const nameInText = /(?<![\w.-])[\w.-]+(?![\w.-])\\*["']?\s*[=:]\s*\\*["']?/g
const secretNameInText =
  /passw(?:or)?d|passphrase|secret|(?:session|security|auth|access|bearer|id|refresh|oauth)[-_.]?token|api[-_.]?key|private[-_.]?key|x-amz-signature|x-amz-credential|sasl\.jaas\.config/i
const valueInText = /[^\s"'\\,;&)}\]]+/y
const authorizationInText = /(authorization\\*["']?\s*[=:]\s*\\*["']?)[^"'\\\r\n]+/gi
const userInUrl = /(:\/\/)[^\s/@:]*:[^\s/@]+@/g
const pemBegin = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/g
const pemEnd = /-----END [A-Z ]{0,40}PRIVATE KEY-----/g

/** Shorter values also occur in ordinary words, such as the `test` of a local stack. */
const LEAST_LENGTH = 6
const known = new Set<string>()

/** From now on this value is removed everywhere. Values that are too short are only removed by name. */
export function hideSecret(value: string | undefined): void {
  if (value !== undefined && value.length >= LEAST_LENGTH) known.add(value)
}

/** Variables that only say where a secret is, or who owns it. */
const onlyAbout = /_(FILE|DIR|PATH|URI|URL|ARN|ID|NAME|EXPIRATION)$/

/** The values of all variables whose names say that they are secret. */
export function hideSecretsOf(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (secretName.test(name) && !onlyAbout.test(name)) hideSecret(value)
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
  shown = redactNamed(shown.replace(authorizationInText, `$1${CENSOR}`))
  return redactKeys(shown.replace(userInUrl, `$1${CENSOR}@`))
}

/** The value after the name of a secret. */
function redactNamed(text: string): string {
  let shown = ''
  let copied = 0
  for (const { 0: found, index } of text.matchAll(nameInText)) {
    const start = index + found.length
    if (index < copied || !secretNameInText.test(found)) continue
    valueInText.lastIndex = start
    if (!valueInText.test(text)) continue
    shown += text.slice(copied, start) + CENSOR
    copied = valueInText.lastIndex
  }
  return shown + text.slice(copied)
}

/** Private keys in PEM; one without its last line, to the end of the text. */
function redactKeys(text: string): string {
  let shown = ''
  let copied = 0
  for (const { index } of text.matchAll(pemBegin)) {
    if (index < copied) continue
    pemEnd.lastIndex = index
    shown += text.slice(copied, index) + CENSOR
    copied = pemEnd.test(text) ? pemEnd.lastIndex : text.length
  }
  return shown + text.slice(copied)
}

/** A line of JSON without secrets, at any depth and within its strings. */
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
