// For tests: whether policies allow a call, by AWS's rules for one account's identity policies. Unknown words are
// errors. (The simulators in the registries are either unmaintained or AGPL.)

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export interface Policy {
  readonly Version: string
  readonly Statement: readonly Statement[]
}

/** A call needs every one of its resources: Glue asks for the catalog, the database and the table. */
export interface Call {
  readonly action: string
  readonly resources: readonly string[]
  readonly context?: Readonly<Record<string, string>>
}

const statementMembers = new Set(['Sid', 'Effect', 'Action', 'Resource', 'Condition'])

/** True when for each resource a statement allows the call and none denies it. @throws Error on an unknown word */
export function allows(policies: readonly Policy[], call: Call): boolean {
  const statements = policies.flatMap((policy) => policy.Statement)
  for (const statement of statements) {
    const unknown = Object.keys(statement).find((word) => !statementMembers.has(word))
    if (unknown) throw new Error(`${unknown} is not known here`)
  }
  return call.resources.every((resource) => {
    const applying = statements.filter(
      (statement) =>
        some(statement.Action, (form) => like(form.toLowerCase(), call.action.toLowerCase())) &&
        some(statement.Resource, (form) => like(form, resource)) &&
        holds(statement.Condition, call.context ?? {}),
    )
    return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow')
  })
}

const operators: Record<string, (form: string, value: string) => boolean> = {
  StringEquals: (form, value) => form === value,
  StringLike: like,
  ArnEquals: like,
  ArnLike: like,
  Bool: (form, value) => form === value,
}

/** Every operator and every key must hold; a key that the call lacks does not hold. */
function holds(condition: Statement['Condition'], context: Readonly<Record<string, string>>): boolean {
  return Object.entries(condition ?? {}).every(([operator, keys]) => {
    if (operator === 'Null')
      return Object.entries(keys).every(([key, form]) => isAbsent(key, context) === form)
    const compare = operators[operator]
    if (!compare) throw new Error(`${operator} is not known here`)
    return Object.entries(keys).every(([key, forms]) => {
      const value = context[key]
      return value !== undefined && some(forms, (form) => compare(form, value))
    })
  })
}

/** `true` or `false`, as a policy writes it. */
function isAbsent(key: string, context: Readonly<Record<string, string>>): string {
  return String(context[key] === undefined)
}

function some(forms: string | readonly string[], test: (form: string) => boolean): boolean {
  return typeof forms === 'string' ? test(forms) : forms.some(test)
}

/** `*` is any text, `?` any one character. */
function like(form: string, text: string): boolean {
  const source = form
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}
