// Diagnoses of the answers of network and broker: each a line, or a Failure with its remedy. Pure.
import { isIP } from 'node:net'
import { Failure } from '@ticklake/runtime/errors.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

export type Reach =
  | { readonly reached: true; readonly addresses: readonly string[] }
  | {
      readonly reached: false
      readonly step: 'name' | 'tcp'
      readonly code: string
      readonly reason: string
    }

export interface Certificate {
  /** As the certificate lists them: `DNS:broker.test, IP Address:10.0.0.12`. */
  readonly names: string
  readonly issuer: string
  readonly validFromMs: number
  readonly validToMs: number
}

export type TlsAnswer =
  | {
      readonly spoke: true
      readonly protocol: string
      /** undefined: the certificate is trusted, current, and for this host */
      readonly problem: { readonly code: string; readonly reason: string } | undefined
      readonly certificate: Certificate
    }
  | { readonly spoke: false; readonly code: string; readonly reason: string }

export interface Advertised {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly reach: Reach
}

/**
 * AWS refuses a signature that is more than five minutes off: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 * @param date the Date header of an answer
 * @throws Failure CLOCK_OFF, CLOCK_UNKNOWN
 */
export function diagnoseClock(date: string | undefined, sentMs: number, receivedMs: number): string {
  const there = Date.parse(date ?? '')
  if (Number.isNaN(there)) {
    throw new Failure({
      code: 'CLOCK_UNKNOWN',
      what: 'S3 answered without a readable Date, so this machine’s clock cannot be checked',
      why: `the header was ${JSON.stringify(date ?? null)}; a proxy in between may have removed it`,
      remedy: 'compare `date -u` with a clock that you trust; five minutes are allowed',
    })
  }
  const offMs = (sentMs + receivedMs) / 2 - there
  const span = duration(Math.abs(offMs))
  if (Math.abs(offMs) <= 5 * MINUTE_MS) return `${span} from S3’s (five minutes are allowed)`
  throw new Failure({
    code: 'CLOCK_OFF',
    what: `this machine’s clock is ${span} ${offMs > 0 ? 'ahead of' : 'behind'} AWS’s; signed requests are refused`,
    why: `S3 says ${new Date(there).toISOString()}, here it was ${new Date(receivedMs).toISOString()}; AWS allows five minutes`,
    remedy: 'set the clock by NTP (`timedatectl set-ntp true`; a virtual machine that slept: restart it)',
  })
}

/** @throws Failure BROKER_NAME, BROKER_CLOSED, BROKER_UNREACHABLE */
export function diagnoseReach(host: string, port: number, reach: Reach): string {
  if (reach.reached) return `${host}:${port}`
  const why = `${reach.code}: ${reach.reason}${trapOf(host)}`
  if (reach.step === 'name') {
    throw new Failure({
      code: 'BROKER_NAME',
      what: `the broker’s name ${host} does not resolve to an address from here`,
      why,
      remedy:
        'correct KAFKA_BOOTSTRAP_SERVERS: on EC2 use the Elastic IP’s public DNS name (`make aws-plan` shows it)',
    })
  }
  if (reach.code === 'ECONNREFUSED') {
    throw new Failure({
      code: 'BROKER_CLOSED',
      what: `nothing listens at ${host}:${port}`,
      why,
      remedy:
        'start the broker (locally `make stack`; on EC2 check `systemctl status kafka`), or correct the port in KAFKA_BOOTSTRAP_SERVERS',
    })
  }
  throw new Failure({
    code: 'BROKER_UNREACHABLE',
    what: `${host}:${port} cannot be reached from here`,
    why,
    remedy:
      'let the security group admit your address to the broker’s port (it may have changed: `make aws-deploy` sets it again), and check that the instance runs',
    retryable: true,
  })
}

/** @throws Failure BROKER_NO_TLS, BROKER_CA, BROKER_CERTIFICATE_NAME, BROKER_CERTIFICATE_TIME, BROKER_CERTIFICATE */
export function diagnoseTls(host: string, port: number, answer: TlsAnswer, nowMs: number): string {
  const at = `${host}:${port}`
  if (!answer.spoke) {
    throw new Failure({
      code: 'BROKER_NO_TLS',
      what: `${at} does not speak TLS`,
      why: `the handshake ended in ${answer.code}: ${answer.reason}; a PLAINTEXT listener does this`,
      remedy:
        'use the port of the SSL or SASL_SSL listener, or set KAFKA_SECURITY_PROTOCOL to the listener’s',
    })
  }
  const { problem, certificate, protocol } = answer
  const { validFromMs, validToMs, issuer, names } = certificate
  const [from, to] = [day(validFromMs), day(validToMs)]
  const expiry = `the certificate is valid from ${from} to ${to}, today is ${day(nowMs)}`
  if (nowMs > validToMs || problem?.code === 'CERT_HAS_EXPIRED') {
    throw new Failure({
      code: 'BROKER_CERTIFICATE_TIME',
      what: `the certificate of ${at} has expired`,
      why: expiry,
      remedy: 'renew it on the broker and restart it; if that date is not today’s, set this machine’s clock',
    })
  }
  if (nowMs < validFromMs || problem?.code === 'CERT_NOT_YET_VALID') {
    throw new Failure({
      code: 'BROKER_CERTIFICATE_TIME',
      what: `the certificate of ${at} is not valid yet`,
      why: expiry,
      remedy: 'set the clocks of this machine and of the broker',
    })
  }
  if (problem?.code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    throw new Failure({
      code: 'BROKER_CERTIFICATE_NAME',
      what: `the certificate of ${at} is for another name`,
      why: `it is for ${names}`,
      remedy: `use one of those names as the address, or give the broker a certificate for ${host}`,
    })
  }
  if (problem && authorityProblems.has(problem.code)) {
    throw new Failure({
      code: 'BROKER_CA',
      what: `the certificate of ${at} is not signed by the authority in KAFKA_SSL_CA_FILE`,
      why: `${problem.code}; it is signed by ${issuer}`,
      remedy:
        'fetch the broker’s own ca.pem again (`make aws-deploy` writes it) and name it in KAFKA_SSL_CA_FILE',
    })
  }
  if (problem) {
    throw new Failure({
      code: 'BROKER_CERTIFICATE',
      what: `the certificate of ${at} is refused`,
      why: `${problem.code}: ${problem.reason}`,
      remedy: 'give the broker a valid certificate, and restart it',
    })
  }
  return `${at}: ${protocol}, for ${names}, ${Math.floor((validToMs - nowMs) / DAY_MS)} days left`
}

const authorityProblems = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
])

/**
 * The addresses that the broker advertises, and whether they work: clients use the bootstrap address only once.
 * @throws Failure ADVERTISED_UNREACHABLE, ADVERTISED_LOOPBACK
 */
export function diagnoseAdvertised(
  bootstrapHosts: readonly string[],
  advertised: readonly Advertised[],
): string {
  for (const { nodeId, host, port, reach } of advertised) {
    const at = `${host}:${port}`
    const remedy =
      'on the broker set advertised.listeners (ADVERTISED_LISTENERS) to a name that leads to it from here too, such as the Elastic IP’s public DNS name, and restart it'
    if (!reach.reached) {
      throw new Failure({
        code: 'ADVERTISED_UNREACHABLE',
        what: `broker ${nodeId} sends its clients to ${at}, which cannot be reached from here; no record can be written or read, though the first connection works`,
        why: `${reach.step === 'name' ? 'the name does not resolve' : 'the connection fails'} (${reach.code})${trapOf(host)}`,
        remedy: `${remedy}; or run this where that address is known`,
      })
    }
    if (isLoopback(host) && !bootstrapHosts.some(isLoopback)) {
      throw new Failure({
        code: 'ADVERTISED_LOOPBACK',
        what: `broker ${nodeId} sends its clients to ${at}, which is this machine and not the broker`,
        why: `it was reached at ${bootstrapHosts.join(', ')}; what answers at ${at} is something else`,
        remedy,
      })
    }
  }
  return advertised.map(({ host, port }) => `${host}:${port}`).join(', ')
}

/** The usual mistake with a first broker on EC2, to continue a sentence; empty if the host looks public. */
function trapOf(host: string): string {
  const version = isIP(host)
  if (isLoopback(host)) return `; ${host} is always the client’s own machine`
  if (/\.(internal|local|lan)\.?$/i.test(host)) {
    return `; ${host} is a private name: only machines inside its own network (the VPC) know it`
  }
  if (version === 4 && /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host)) {
    return `; ${host} is a private address: only machines inside its own network (the VPC) reach it`
  }
  if (version === 0 && !host.includes('.')) return `; ${host} is a short name that only its own network knows`
  return ''
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** @throws Failure TOPIC_PARTITIONS */
export function diagnosePartitions(topic: string, found: number, wanted: number): string {
  if (found >= wanted) return `${topic}, ${found} partition${found === 1 ? '' : 's'}`
  throw new Failure({
    code: 'TOPIC_PARTITIONS',
    what: `the topic ${topic} has ${found} partition${found === 1 ? '' : 's'}, not ${wanted}; consumers beyond that number stay idle`,
    why: 'KAFKA_TOPIC_PARTITIONS (--partitions) sets the wanted number',
    remedy: `producer topic create --partitions ${wanted} --grow; or lower the wanted number`,
  })
}

/** @throws Failure TOPIC_TIME when producers set the time of a record, or it is unknown */
export function diagnoseTopicTime(topic: string, type: string | undefined): string {
  if (type === 'LogAppendTime') return 'message.timestamp.type=LogAppendTime'
  throw new Failure({
    code: 'TOPIC_TIME',
    what: `the records of ${topic} carry their producers’ time; the lake’s hours may get rows long after they are over`,
    why: `message.timestamp.type is ${type ?? 'unknown'}, and hours are filed by the broker’s own time`,
    remedy: `kafka-configs.sh --bootstrap-server HOST:PORT --alter --topic ${topic} --add-config message.timestamp.type=LogAppendTime`,
  })
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

function day(ms: number): string {
  return Number.isNaN(ms) ? 'an unknown day' : new Date(ms).toISOString().slice(0, 10)
}
