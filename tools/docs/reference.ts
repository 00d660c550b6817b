// Writes .env.example and docs/reference.md from the code, so that neither can differ from it: `node tools/docs/reference.ts`.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lakeSchema } from '@ticklake/aws/config.ts'
import { kafkaSchema, topicSchema } from '@ticklake/kafka/config.ts'
import type { Schema } from '@ticklake/runtime/env.ts'
import { isProgram, runHere } from '@ticklake/testing/in-process.ts'
import { catalogSchema } from '../../catalog/config.ts'
import { consumerSchema } from '../../consumer/config.ts'
import { localAwsSchema } from '../../local-aws/config.ts'
import { producerSchema } from '../../producer/config.ts'
import { demoSchema } from '../../stack/demo/config.ts'

const root = join(import.meta.dirname, '../..')

interface Section {
  readonly title: string
  readonly description: string
  readonly schema: Schema
  /** Values that suit a local stack where the default suits AWS. */
  readonly local?: Readonly<Record<string, string>>
}

const sections: readonly Section[] = [
  {
    title: 'Kafka',
    description: 'How every service reaches the broker.',
    schema: kafkaSchema,
  },
  {
    title: 'Lake',
    description: 'Where the lake is, for consumer and catalog.',
    schema: lakeSchema,
    local: { LAKE_S3_PATH_STYLE: 'true' },
  },
  { title: 'producer topic', description: 'What `producer topic create` makes.', schema: topicSchema },
  { title: 'producer run', description: 'What the producer sends, and how fast.', schema: producerSchema },
  {
    title: 'consumer',
    description: 'When the consumer writes, and how much it holds.',
    schema: consumerSchema,
  },
  {
    title: 'catalog',
    description: 'Partitions, crawler, queries, audits, compaction, alerts, the dashboard.',
    schema: catalogSchema,
  },
]

/** What the AWS SDK reads by itself; unset on AWS, where its own chain finds region and credentials. */
const awsLocal = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
}

/** The text of .env.example. */
export function envExample(): string {
  const parts = sections.map(({ title, schema, local = {} }) => {
    const lines = Object.entries(schema).map(([name, { doc, kind, fallback }]) => {
      return `${comment(`${doc} (${kind})`)}\n${name}=${local[name] ?? fallback ?? ''}`
    })
    return `# --- ${title} ---\n\n${lines.join('\n\n')}`
  })
  const aws = Object.entries(awsLocal).map(([name, value]) => `${name}=${value}`)
  return [
    comment(
      'Every variable of ticklake, with its default, for the local stack. Put the lines that you change into .env; what the shell has set wins.',
    ),
    `# --- AWS SDK ---\n\n${comment('read by the AWS SDKs themselves; leave all four out for real AWS')}\n${aws.join('\n')}`,
    ...parts,
  ]
    .join('\n\n')
    .concat('\n')
}

/** What the compose files themselves read; no service knows them. */
export const composeVariables: Readonly<
  Record<string, { readonly fallback?: string; readonly doc: string }>
> = {
  TICKLAKE_KAFKA_PORT: {
    fallback: '9092',
    doc: 'the port of 127.0.0.1 where programs on this machine reach Kafka (not 19092 or 29093, which Kafka itself uses)',
  },
  TICKLAKE_AWS_PORT: { fallback: '4566', doc: 'the AWS endpoint’s port on 127.0.0.1' },
  TICKLAKE_PAGE_PORT: { fallback: '8080', doc: 'the dashboard’s port on 127.0.0.1' },
  TICKLAKE_SECRETS_DIR: {
    fallback: './.local/aws',
    doc: 'AWS: the folder with `ca.pem` and the password files of producer, consumer and catalog',
  },
  TICKLAKE_AWS_CONFIG_DIR: { fallback: '~/.aws', doc: 'AWS: the folder of profiles, mounted read-only' },
  TICKLAKE_CONSUMER_PROFILE: { doc: 'AWS: the consumer’s own profile; AWS_PROFILE when unset' },
  TICKLAKE_CATALOG_PROFILE: { doc: 'AWS: the catalog’s own profile; AWS_PROFILE when unset' },
  TICKLAKE_USER: {
    fallback: 'node',
    doc: 'AWS: the user that containers run as; `make aws` sets it to the calling user',
  },
  TICKLAKE_AWS_ENV_FILE: { fallback: '.env.aws', doc: 'AWS: the file of settings that `make aws` reads' },
  LOCALSTACK_IMAGE: {
    fallback: 'localstack/localstack:2026.4',
    doc: 'only with `LOCAL_AWS=localstack`: another release of LocalStack',
  },
  LOCALSTACK_AUTH_TOKEN: { doc: 'only with `LOCAL_AWS=localstack`: LocalStack needs a token to start' },
}

/** What no schema checks, as every process may be given it. */
const processVariables: Readonly<Record<string, { fallback?: string; doc: string }>> = {
  LOG_LEVEL: {
    fallback: 'info',
    doc: 'the lowest level that is logged: trace, debug, info, warn, error, fatal or silent',
  },
  LOG_FORMAT: { doc: '`json` or `pretty`; unset, pretty on a terminal and JSON elsewhere' },
  NO_COLOR: { doc: 'set to any value: no colours (no-color.org)' },
  FORCE_COLOR: { doc: 'set to 1: colours in a pipe as well; set to 0: no colours; NO_COLOR wins' },
  TICKLAKE_ENV_FILE: { fallback: '.env', doc: 'the file of variables to read instead of `.env`' },
  TICKLAKE_HOME: { fallback: '.local', doc: 'where `make stack` and `make demo` keep data and logs' },
  CHROMIUM_PATH: { doc: 'the browser of `make test` and `make pictures`, if it is not Debian’s' },
}

const commands = [
  ['producer', 'run'],
  ['producer', 'topic', 'create'],
  ['producer', 'topic', 'describe'],
  ['consumer'],
  ['consumer', 'run'],
  ['consumer', 'dlq', 'list'],
  ['consumer', 'dlq', 'show'],
  ['consumer', 'dlq', 'replay'],
  ['consumer', 'withdraw'],
  ['catalog'],
  ...['declare', 'crawl', 'query', 'watch', 'audit', 'compact', 'doctor', 'serve'].map((name) => [
    'catalog',
    name,
  ]),
  ['catalog', 'alerts', 'plan'],
  ['stack'],
  ['infra'],
  ...['plan', 'deploy', 'outputs', 'destroy', 'template'].map((name) => ['infra', name]),
  ['faults'],
]

/** The text of docs/reference.md: each variable, and each command's own page of help. */
export async function referencePage(): Promise<string> {
  const all = [
    ...sections,
    {
      title: 'local-aws',
      description: 'The local endpoint; `make stack` sets these.',
      schema: localAwsSchema,
    },
    {
      title: 'make demo',
      description: 'What `make demo` shows; the services’ own variables go with it.',
      schema: demoSchema,
    },
  ]
  const tables = all.map(({ title, description, schema }) => {
    const rows = Object.entries(schema).map(
      ([name, { doc, kind, fallback }]) =>
        `| \`${name}\` | ${fallback === undefined || fallback === '' ? '' : `\`${fallback}\``} | ${cell(doc)} (${cell(kind)}) |`,
    )
    return `### ${title}\n\n${description}\n\n| variable | default | |\n|---|---|---|\n${rows.join('\n')}`
  })
  const pages: string[] = []
  for (const [service, ...rest] of commands) {
    const page = await helpOf(service!, [...rest, '--help'])
    pages.push(`### ${[service, ...rest].join(' ')}\n\n\`\`\`text\n${page.trim()}\n\`\`\``)
  }
  const plainTable = (variables: typeof processVariables) =>
    Object.entries(variables)
      .map(([name, { fallback, doc }]) => `| \`${name}\` | ${fallback ? `\`${fallback}\`` : ''} | ${doc} |`)
      .join('\n')
  return `# Reference

Made from the code by \`node tools/docs/reference.ts\`; a test holds this page and \`.env.example\` to it.

## Variables

A service reads its variables once, at its start, and refuses names that it does not know. \`.env\` fills in what the
shell leaves unset. The AWS SDK's own variables are the SDK's.

${tables.join('\n\n')}

### Every process

What no service refuses to know.

| variable | default | |
|---|---|---|
${plainTable(processVariables)}

### Containers

What only the compose files read, from the shell, \`.env\` or \`.env.aws\`.

| variable | default | |
|---|---|---|
${plainTable(composeVariables)}

## Commands

\`make\` lists the targets; these are the commands behind them (\`node <service>/main.ts <command>\`).

${pages.join('\n\n')}
`
}

async function helpOf(program: string, args: string[]): Promise<string> {
  if (isProgram(program))
    return (await runHere(process.env as Record<string, string>, program, ...args)).stdout
  return execFileSync(process.execPath, [`${program}/main.ts`, ...args], { cwd: root, encoding: 'utf8' })
}

function comment(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + word.length < 110) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(`# ${word}`)
  }
  return lines.join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (import.meta.main) {
  writeFileSync(join(root, '.env.example'), envExample())
  writeFileSync(join(root, 'docs/reference.md'), await referencePage())
}
