// For tests: the template as CloudFormation would resolve it, with made-up ids where AWS gives its own.
import type { Resource, Template } from './template.ts'

export interface Circumstances {
  readonly region: string
  readonly account: string
  readonly stack: string
  readonly parameters: Readonly<Record<string, string>>
  /** AWS's value for a resource: `Bucket` for its Ref, `Bucket.Arn` for an attribute. */
  readonly ids: Readonly<Record<string, string>>
}

export interface Resolved {
  readonly resources: Readonly<Record<string, Resource>>
  readonly outputs: Readonly<Record<string, string>>
}

type Values = Record<string, unknown>

/** @throws Error on an unknown function: none is skipped */
export function resolveTemplate(template: Template, facts: Circumstances): Resolved {
  const conditions = template.Conditions
  const noValue = Symbol('AWS::NoValue')
  const names: Record<string, unknown> = {
    'AWS::Region': facts.region,
    'AWS::AccountId': facts.account,
    'AWS::StackName': facts.stack,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::NoValue': noValue,
  }
  for (const [name, { Type, Default }] of Object.entries(template.Parameters)) {
    const value = facts.parameters[name] ?? Default
    if (value === undefined) throw new Error(`the parameter ${name} has no value`)
    names[name] = Type === 'CommaDelimitedList' ? String(value).split(',') : String(value)
  }
  const named = (name: string, more: Values = {}): unknown => {
    const resource = name.split('.')[0]!
    const value = more[name] ?? names[name] ?? facts.ids[name]
    if (value !== undefined) return value
    if (resource in template.Resources) return `<${name}>`
    throw new Error(`${name} names nothing`)
  }
  const substitute = (text: string, more: Values) =>
    text.replace(/\$\{([A-Za-z0-9:.]+)\}/g, (_, name: string) => String(named(name, more)))
  const functions: Record<string, (argument: never) => unknown> = {
    Ref: (name: string) => named(name),
    'Fn::GetAtt': (path: string[]) => named(path.join('.')),
    'Fn::Sub': (argument: string | [string, Values]) =>
      typeof argument === 'string'
        ? substitute(argument, {})
        : substitute(argument[0], resolve(argument[1]) as Values),
    'Fn::Join': ([by, list]: [string, unknown]) => (resolve(list) as string[]).join(by),
    'Fn::Split': ([by, text]: [string, unknown]) => String(resolve(text)).split(by),
    'Fn::Select': ([at, list]: [unknown, unknown]) => (resolve(list) as unknown[])[Number(resolve(at))],
    'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => `${facts.region}${zone}`),
    'Fn::FindInMap': ([map, first, second]: [string, unknown, unknown]) =>
      (template.Mappings[map] as Record<string, Values>)[String(resolve(first))]![String(resolve(second))],
    'Fn::Base64': (text: unknown) => Buffer.from(String(resolve(text))).toString('base64'),
    'Fn::If': ([name, yes, no]: [string, unknown, unknown]) =>
      resolve(resolve(conditions[name]) === true ? yes : no),
    'Fn::Equals': ([a, b]: [unknown, unknown]) => resolve(a) === resolve(b),
    'Fn::Not': ([value]: [unknown]) => resolve(value) !== true,
  }
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== noValue)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    const [name, argument] = entries[0] ?? []
    if (entries.length === 1 && (name === 'Ref' || name?.startsWith('Fn::'))) {
      const call = functions[name]
      if (!call) throw new Error(`${name} is not known here`)
      return call(argument as never)
    }
    return Object.fromEntries(
      entries.map(([key, item]) => [key, resolve(item)] as const).filter(([, item]) => item !== noValue),
    )
  }
  return {
    resources: resolve(template.Resources) as Resolved['resources'],
    outputs: Object.fromEntries(
      Object.entries(template.Outputs).map(([name, { Value }]) => [name, String(resolve(Value))]),
    ),
  }
}

/** What the instance runs at its first boot. */
export function userData(resolved: Resolved): string {
  const data = resolved.resources.BrokerTemplate?.Properties?.LaunchTemplateData as { UserData: string }
  return Buffer.from(data.UserData, 'base64').toString()
}

/** Ids of AWS's maximum length. */
export const likeAws: Circumstances = {
  region: 'us-east-1',
  account: '123456789012',
  stack: 'ticklake',
  parameters: { ClientCidr: '203.0.113.7/32', KafkaArchiveSha512: 'a'.repeat(128) },
  ids: {
    Bucket: 'ticklake-bucket-1a2b3c4d5e6f',
    'Bucket.Arn': 'arn:aws:s3:::ticklake-bucket-1a2b3c4d5e6f',
    Volume: 'vol-0123456789abcdef0',
    'Address.PublicIp': '203.0.113.200',
    'Address.AllocationId': 'eipalloc-0123456789abcdef0',
    Network: 'vpc-0123456789abcdef0',
    Workgroup: 'ticklake',
    Database: 'stock_market_kafka',
    Crawler: 'ticklake-ticks',
    Authority: '/ticklake/broker-authority',
    ...Object.fromEntries(
      ['Admin', 'Producer', 'Consumer', 'Catalog'].map((user) => [
        `${user}Password`,
        `arn:aws:secretsmanager:us-east-1:123456789012:secret:${user}Password-AbCdEfGhIjKl-XyZabc`,
      ]),
    ),
  },
}
