// Authenticates a connection's user, at its start and again before the broker's session lifetime ends.
import { randomBytes } from 'node:crypto'
import { brokerError, KafkaReaderError } from './errors.ts'
import type { SaslOptions } from './options.ts'
import type { Call } from './protocol/call.ts'
import { type SaslAnswer, saslAuthenticateCall, saslHandshakeCall } from './protocol/sasl.ts'
import { scramClient } from './scram.ts'

type Send = <T>(call: Call<T>) => Promise<T>

/**
 * Authenticates the user, and returns the session's lifetime in milliseconds: 0 is forever.
 * @throws KafkaReaderError SASL_AUTHENTICATION_FAILED, UNSUPPORTED_SASL_MECHANISM; neither can be retried
 */
export async function authenticate(sasl: SaslOptions, send: Send): Promise<number> {
  const { mechanism, username } = sasl
  const { error, mechanisms } = await send(saslHandshakeCall(mechanism))
  if (error !== 0) {
    const offered =
      mechanisms.length > 0 ? `the broker offers ${mechanisms.join(', ')}` : 'the port has no authentication'
    throw brokerError(error, { message: `${mechanism} is configured, but ${offered}` })
  }
  const password = await passwordOf(sasl)
  const step = async (bytes: string): Promise<SaslAnswer> => {
    const answer = await send(saslAuthenticateCall(Buffer.from(bytes)))
    if (answer.error !== 0) throw brokerError(answer.error, { message: answer.message ?? `user ${username}` })
    return answer
  }
  if (mechanism === 'PLAIN') return (await step(`\0${username}\0${password}`)).sessionLifetimeMs
  const scram = scramClient(
    mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512',
    username,
    randomBytes(24).toString('base64url'),
  )
  const first = await step(scram.first)
  try {
    const final = await step(await scram.final(first.bytes.toString(), password))
    scram.verify(final.bytes.toString())
    return final.sessionLifetimeMs
  } catch (cause) {
    if (cause instanceof KafkaReaderError) throw cause
    throw new KafkaReaderError({
      code: 'SASL_AUTHENTICATION_FAILED',
      message: `SASL_AUTHENTICATION_FAILED: ${(cause as Error).message}`,
      cause,
    })
  }
}

async function passwordOf({ password }: SaslOptions): Promise<string> {
  try {
    return typeof password === 'string' ? password : await password()
  } catch (cause) {
    throw new KafkaReaderError({
      code: 'SASL_AUTHENTICATION_FAILED',
      message: `the password cannot be read: ${(cause as Error).message}`,
      cause,
    })
  }
}
