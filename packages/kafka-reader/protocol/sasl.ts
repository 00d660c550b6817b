// SaslHandshake and SaslAuthenticate: the requests that authenticate a user. https://kafka.apache.org/protocol#sasl_handshake
import type { Api, Call } from './call.ts'

const handshakeApi: Api = { key: 17, name: 'SaslHandshake', versions: [1, 1], flexibleFrom: 2 }
const authenticateApi: Api = { key: 36, name: 'SaslAuthenticate', versions: [2, 2], flexibleFrom: 2 }

export function saslHandshakeCall(mechanism: string): Call<{ error: number; mechanisms: string[] }> {
  return {
    api: handshakeApi,
    version: 1,
    encode: (writer) => writer.string(mechanism),
    decode: (reader) => ({ error: reader.int16(), mechanisms: reader.array(() => reader.string() ?? '') }),
  }
}

export interface SaslAnswer {
  readonly error: number
  readonly message: string | null
  readonly bytes: Buffer
  /** How long the connection may be used before it must reauthenticate; 0: without limit. */
  readonly sessionLifetimeMs: number
}

export function saslAuthenticateCall(bytes: Uint8Array): Call<SaslAnswer> {
  return {
    api: authenticateApi,
    version: 2,
    encode: (writer) => writer.compactBytes(bytes).noTags(),
    decode: (reader) => ({
      error: reader.int16(),
      message: reader.compactString(),
      bytes: Buffer.from(reader.compactBytes() ?? []),
      sessionLifetimeMs: reader.int64(),
    }),
  }
}
