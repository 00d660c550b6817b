// What a client needs to reach the broker, fetched from AWS into files that only their owner can read.
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { authorityFile, type Outputs, passwordFile, users } from './env-aws.ts'

/**
 * Writes the broker's certificate authority and each user's password into the folder.
 * @throws Failure BROKER_NOT_READY when the broker has not published its authority, ACCESS_UNREADABLE
 */
export async function fetchBrokerAccess(outputs: Outputs, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const authority = await read('the broker’s certificate', async () => {
    const answer = await new SSMClient({}).send(new GetParameterCommand({ Name: outputs.AuthorityParameter }))
    return answer.Parameter?.Value
  })
  if (!authority.startsWith('-----BEGIN CERTIFICATE-----')) {
    throw new Failure({
      code: 'BROKER_NOT_READY',
      what: 'the broker has not published its certificate yet; .env.aws was not written',
      why: `${outputs.AuthorityParameter} says: ${authority.slice(0, 60)}`,
      remedy:
        'wait a minute and run it again; docs/aws.md, "When it goes wrong", says how to read its boot log',
    })
  }
  await writePrivately(authorityFile(folder), `${authority.trim()}\n`)
  const secrets = new SecretsManagerClient({})
  for (const user of users) {
    const SecretId = outputs[`${user[0]!.toUpperCase()}${user.slice(1)}PasswordSecret`]
    const password = await read(`the password of ${user}`, async () => {
      return (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString
    })
    await writePrivately(passwordFile(folder, user), password)
  }
}

/** Writes a file atomically, readable only by its owner. */
export async function writePrivately(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const beside = `${path}.new`
  await writeFile(beside, text, { mode: 0o600 })
  // An older file of that name may have had other permissions.
  await chmod(beside, 0o600)
  await rename(beside, path)
}

async function read(what: string, ask: () => Promise<string | undefined>): Promise<string> {
  try {
    const text = await ask()
    if (text) return text
    throw new Error('it is empty')
  } catch (error) {
    throw new Failure({
      code: 'ACCESS_UNREADABLE',
      what: `${what} cannot be fetched; .env.aws was not written`,
      why: reasonOf(error),
      remedy:
        'you need ssm:GetParameter and secretsmanager:GetSecretValue on the stack’s parameter and secrets',
      cause: error,
    })
  }
}
