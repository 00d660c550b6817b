// The broker's errors as Failures; the code says which layer they come from.

import type { KafkaConfig } from '@ticklake/kafka/config.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'

/** The protocol's names of all errors nested in one that the client threw: SASL_AUTHENTICATION_FAILED, ... */
export function brokerErrors(thrown: unknown): string[] {
  const { apiId, cause, errors } = (thrown ?? {}) as { apiId?: unknown; cause?: unknown; errors?: unknown[] }
  return [
    ...(typeof apiId === 'string' ? [apiId] : []),
    ...(cause ? brokerErrors(cause) : []),
    ...(errors ?? []).flatMap(brokerErrors),
  ]
}

/** @param doing the operation, to continue "… failed" */
export function brokerFailure(doing: string, config: KafkaConfig, thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const names = brokerErrors(thrown)
  const found = knownErrors(config).find(({ name }) => names.includes(name))
  if (found) return new Failure({ ...found.facts, cause: thrown })
  const why = innermost(thrown)
  if (names.length > 0) {
    return new Failure({
      code: 'BROKER_REFUSED',
      what: `${doing} failed: the broker refused it`,
      why: `${names.join(', ')}: ${why}`,
      remedy: 'fix the cause (permissions, a broker that is down), then run doctor again',
      cause: thrown,
    })
  }
  return new Failure({
    code: 'BROKER_PROTOCOL',
    what: `${doing} failed: the broker ended the connection, or did not answer`,
    why: `${why}; a listener with another security protocol than ${config.KAFKA_SECURITY_PROTOCOL} does this`,
    remedy: 'set KAFKA_SECURITY_PROTOCOL to that listener’s (SASL_SSL on EC2), or use another port',
    cause: thrown,
  })
}

interface KnownError {
  readonly name: string
  readonly facts: {
    readonly code: string
    readonly what: string
    readonly why: string
    readonly remedy: string
  }
}

function knownErrors(config: KafkaConfig): KnownError[] {
  const { KAFKA_TOPIC: topic, KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: user } = config
  return [
    {
      name: 'UNSUPPORTED_SASL_MECHANISM',
      facts: {
        code: 'BROKER_SASL_MECHANISM',
        what: `the broker does not accept ${mechanism}`,
        why: 'UNSUPPORTED_SASL_MECHANISM: sasl.enabled.mechanisms of that listener does not name it',
        remedy: 'set KAFKA_SASL_MECHANISM to one that it offers (SCRAM-SHA-512 on EC2)',
      },
    },
    {
      name: 'SASL_AUTHENTICATION_FAILED',
      facts: {
        code: 'BROKER_PASSWORD',
        what: `the broker does not accept the login of ${user}`,
        why: 'SASL_AUTHENTICATION_FAILED: it does not know the user, or the password is wrong',
        remedy:
          'check KAFKA_SASL_USERNAME and the file that KAFKA_SASL_PASSWORD_FILE names (`make aws-deploy` fetches it again)',
      },
    },
    {
      name: 'ILLEGAL_SASL_STATE',
      facts: {
        code: 'BROKER_NO_SASL',
        what: 'the listener at that port takes no login',
        why: `ILLEGAL_SASL_STATE: it is not a ${config.KAFKA_SECURITY_PROTOCOL} listener`,
        remedy:
          'set KAFKA_SECURITY_PROTOCOL to the listener’s (SSL or PLAINTEXT), or use the port of the SASL listener',
      },
    },
    {
      name: 'UNKNOWN_TOPIC_OR_PARTITION',
      facts: {
        code: 'TOPIC_MISSING',
        what: `the topic ${topic} does not exist; nothing can be sent or read`,
        why: 'UNKNOWN_TOPIC_OR_PARTITION: the broker does not create topics by itself',
        remedy: 'producer topic create, or set KAFKA_TOPIC',
      },
    },
    {
      name: 'TOPIC_AUTHORIZATION_FAILED',
      facts: {
        code: 'TOPIC_DENIED',
        what: `${user ?? 'this user'} may not see the topic ${topic}, or it does not exist`,
        why: 'TOPIC_AUTHORIZATION_FAILED: the broker answers the same in both cases',
        remedy: 'allow the user Read, Describe and DescribeConfigs on it (docs/aws.md), or set KAFKA_TOPIC',
      },
    },
  ]
}

/** The client nests errors; the innermost says what happened. */
function innermost(thrown: unknown): string {
  const { cause, errors } = (thrown ?? {}) as { cause?: unknown; errors?: unknown[] }
  if (errors?.[0]) return innermost(errors[0])
  return cause instanceof Error ? innermost(cause) : reasonOf(thrown)
}
