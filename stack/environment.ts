// Which variables of the shell the stack's processes see: none that could point them at another AWS or broker.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Env } from '@ticklake/runtime/env.ts'
import { parse } from 'dotenv'
import { localDir } from './paths.ts'
import { loopback, type Ports } from './ports.ts'

/** Addresses and credentials of one running stack, under the names that services, the AWS CLI and boto3 read. */
export type StackEnv = Readonly<Record<string, string>>

const setAside = [
  /^AWS_/,
  /^KAFKA_(BOOTSTRAP_SERVERS|SECURITY_PROTOCOL|SASL_.*|SSL_.*)$/,
  /^(https?|all|no|ftp)_proxy$/i,
  /^(NODE_OPTIONS|LD_PRELOAD)$/,
  /^TICKLAKE_ENV_FILE$/,
]

/** True for a variable of the shell that is not passed on. */
export function isSetAside(name: string): boolean {
  return setAside.some((form) => form.test(name))
}

/** The variables of a stack on these ports. */
export function stackEnv(ports: Ports, bucket: string): StackEnv {
  return {
    AWS_ENDPOINT_URL: `http://${loopback}:${ports.aws}`,
    AWS_REGION: 'us-east-1',
    // Only the AWS CLI and boto3 read this name.
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    LAKE_S3_PATH_STYLE: 'true',
    LAKE_BUCKET: bucket,
    KAFKA_BOOTSTRAP_SERVERS: `${loopback}:${ports.kafka}`,
    TZ: 'UTC',
  }
}

/** ticklake's settings from the shell and `.env`, without those that are set aside; the shell wins. */
export function shellSettings(shell: Env, envFile = '.env'): Record<string, string> {
  const fromFile = existsSync(envFile) ? parse(readFileSync(envFile)) : {}
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...fromFile, ...shell })) {
    if (value !== undefined && !isSetAside(name)) kept[name] = value
  }
  return kept
}

/** The environment of a service that runs against a stack: settings, and the stack's addresses on top. */
export function serviceEnv(
  stack: StackEnv,
  settings: Readonly<Record<string, string>>,
): Record<string, string> {
  // `.env` is already among the settings: a service must not read the variables that were set aside from it.
  return { ...settings, ...stack, TICKLAKE_ENV_FILE: '/dev/null' }
}

/** Makes SDK clients of this process use the stack, whatever the shell has set. */
export function adoptStack(stack: StackEnv): void {
  for (const name of Object.keys(process.env)) if (isSetAside(name)) delete process.env[name]
  for (const [name, value] of Object.entries(stack)) if (name.startsWith('AWS_')) process.env[name] = value
}

/** The settings that name the topic and the table. */
export function namesOf(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) =>
      /^(LAKE_|CATALOG_VIEW$|KAFKA_(TOPIC|DEAD_LETTER_TOPIC)$)/.test(name),
    ),
  )
}

/** The environment of Kafka, MiniStack and Trino: only what a process needs to run. */
export function serverEnv(shell: Env): Record<string, string> {
  const kept: Record<string, string> = { TZ: 'UTC', LC_ALL: 'C.UTF-8' }
  for (const name of ['PATH', 'HOME', 'TMPDIR']) {
    if (shell[name] !== undefined) kept[name] = shell[name]
  }
  return kept
}

/**
 * Lines for a shell to evaluate: the stack's variables, the removal of those that would point elsewhere, and a PATH
 * with the Node.js that set-up installed, since an older one on the machine could not run TypeScript.
 */
export function shellExports(stack: StackEnv, shell: Env): string {
  const removed = Object.keys(shell).filter(
    (name) => isSetAside(name) && !(name in stack) && /^AWS_/.test(name),
  )
  const lines = Object.entries(stack)
    .filter(([name]) => name !== 'TZ')
    .map(([name, value]) => `export ${name}='${value}'`)
  lines.push(`export PATH='${join(localDir, 'node-bin')}':"$PATH"`)
  if (removed.length > 0) lines.push(`unset ${removed.sort().join(' ')}`)
  return lines.join('\n')
}
