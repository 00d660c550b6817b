// The one endpoint: checks the head of a request, then passes it to Athena, Glue or the S3 server.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { bytesLeft, whyDiskFull } from '@ticklake/runtime/disk-space.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { healthAnswer, IDLE_CONNECTION_MS } from '@ticklake/runtime/health.ts'
import type { Registry } from '@ticklake/runtime/metrics.ts'
import {
  denialStatus,
  type GuardRules,
  type OwnRequest,
  requireOwnRequest,
} from '@ticklake/runtime/request-guard.ts'
import type { LocalAwsConfig } from '../config.ts'
import type { Events } from '../events.ts'
import type { IcebergRest } from '../glue/iceberg-rest/routes.ts'
import { type Admission, admit, protocolOf } from './admission.ts'
import { AwsError } from './aws-error.ts'
import { browserHeaders } from './browser-headers.ts'
import { answerDenied, type DenialReason, DeniedRequest } from './denied-request.ts'
import { type JsonAnswer, jsonHeaders, readBody, sendText } from './json-exchange.ts'
import { openPassThrough } from './pass-through.ts'

/** A service of AWS JSON 1.1: takes the operation's name without its prefix and the body, and returns the answer. */
export interface JsonService {
  /** Larger requests are refused. */
  readonly mostBytes: number
  /** In and out: JSON. @throws AwsError as AWS would answer */
  handleText(operation: string, json: string, accessKey: string): Promise<JsonAnswer>
}

/** What is let in, and by which of the server's own names. */
type Admitted = Admission & Pick<OwnRequest, 'own'>

export interface LocalAwsServer extends AsyncDisposable {
  readonly url: string
}

export interface ServerParts {
  readonly config: Pick<
    LocalAwsConfig,
    'host' | 'port' | 'allowedHosts' | 's3Endpoint' | 'trinoUrl' | 'secret' | 'dataDir'
  >
  readonly events: Events
  readonly registry: Registry
  /** By the prefix of X-Amz-Target, `AmazonAthena` or `AWSGlue`. */
  readonly services: Readonly<Record<string, JsonService>>
  /** Glue's Iceberg REST endpoint. */
  readonly icebergRest?: IcebergRest
  /** Why the endpoint is not ready although it answers; undefined once it is. */
  readonly whyNotSeeded?: () => string | undefined
}

/** `livez`, `readyz` and `metrics` are below it: no bucket can have this name, while `/metrics` could be a bucket. */
const ownPaths = '/_ticklake/'

/**
 * A client that sends requests before it has the answers to earlier ones (no AWS client does) may have this many in
 * progress on one connection: each that is passed on takes its own connection to the S3 server.
 */
const mostUnderWay = 32

/** Listens. @throws Failure LOCAL_AWS_PORT_TAKEN */
export async function startServer({
  config,
  events,
  registry,
  services,
  icebergRest,
  whyNotSeeded = () => undefined,
}: ServerParts): Promise<LocalAwsServer> {
  const passThrough = openPassThrough(config.s3Endpoint, events, config.secret)
  const upstreams = {
    s3: () => silence('the S3 server', config.s3Endpoint),
    trino: () => silence('Trino', new URL('/v1/info', config.trinoUrl)),
  }
  const whyNotReady = async () =>
    whyNotSeeded() ?? whyDiskFull(config.dataDir) ?? (await upstreams.s3()) ?? (await upstreams.trino())
  events.whenAsked({ upstreams, freeBytes: () => freeBytes(config.dataDir) })

  const rules: GuardRules = {
    listensOn: config.host,
    allowedHosts: config.allowedHosts,
    allowedHostsVariable: 'LOCAL_AWS_ALLOWED_HOSTS',
    bucketHosts: true,
    // Those that are answered here: MiniStack would read a service of its own out of such a name.
    serviceHosts: ['athena', 'glue'],
  }

  /** Admits a request; undefined for the server's own paths. @throws DeniedRequest */
  function admission(request: IncomingMessage): Admitted | undefined {
    let host: OwnRequest
    try {
      host = requireOwnRequest(request, rules)
    } catch (error) {
      if (denialStatus(error) === undefined) throw error
      const { code, message, why, remedy } = error as Failure
      throw new DeniedRequest(guardReasons[code]!, [message, why, remedy].join('; '))
    }
    const isOwn = host.bucket === undefined && request.url!.startsWith(ownPaths)
    return isOwn ? undefined : { ...admit(request, host), own: host.own }
  }

  function refuse(request: IncomingMessage, response: ServerResponse, denial: DeniedRequest): void {
    const path = request
      .url!.split('?', 1)[0]!
      .slice(0, 200)
      .replace(/[^\x20-\x7e]/g, '?')
    const { reason, message: why } = denial
    events.refused({ reason, method: request.method!, path, why })
    answerDenied(request, response, denial, protocolOf(request))
  }

  async function route(
    request: IncomingMessage,
    response: ServerResponse,
    admission: Admitted | undefined,
  ): Promise<void> {
    if (!admission) return answerOwn(request, response)
    const { target } = admission
    if (target !== undefined) {
      const dot = target.indexOf('.')
      const prefix = target.slice(0, dot)
      const service = Object.hasOwn(services, prefix) ? services[prefix] : undefined
      if (service)
        return answerJson(request, response, service, { ...admission, target }, target.slice(dot + 1))
    }
    if (admission.service === 'glue' && icebergRest)
      return answerRest(request, response, icebergRest, admission.own)
    passThrough.handle(request, response, admission)
  }

  async function answerOwn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!.split('?', 1)[0]!
    if (path === '/_ticklake/health') {
      const why = whyNotSeeded()
      if (why !== undefined) return send(response, 503, { status: why })
      return send(response, 200, { status: 'ok', services: [...Object.keys(services), 's3'] })
    }
    const answer = await healthAnswer(path.slice(ownPaths.length - 1), { registry, whyNotReady })
    const { status, type, body } = answer ?? { status: 404, type: 'text/plain', body: 'no such path\n' }
    response.writeHead(status, { ...browserHeaders, 'content-type': type }).end(body)
  }

  async function answerJson(
    request: IncomingMessage,
    response: ServerResponse,
    service: JsonService,
    { target, accessKey }: { readonly target: string; readonly accessKey: string },
    operation: string,
  ): Promise<void> {
    let answer: JsonAnswer
    try {
      answer = await service.handleText(operation, await readBody(request, service.mostBytes), accessKey)
    } catch (error) {
      // The client has gone.
      if (response.destroyed) return
      if (!(error instanceof AwsError)) events.unhandledError({ target, err: error })
      const failure =
        error instanceof AwsError
          ? error
          : new AwsError(defectName(target), `local-aws failed: ${reasonOf(error)}`, {}, 500)
      answer = { status: failure.status, text: JSON.stringify(failure.body()) }
    }
    events.answered(target.slice(0, target.indexOf('.')), answer.status)
    await sendText(request, response, answer)
  }

  async function answerRest(
    request: IncomingMessage,
    response: ServerResponse,
    { mostBytes, answer }: IcebergRest,
    host: string,
  ): Promise<void> {
    const { method, url } = request as { method: string; url: string }
    let answered: { status: number; text: string }
    try {
      const text = await readBody(request, mostBytes)
      answered = await answer({ method, url, host, text })
    } catch (error) {
      if (response.destroyed) return
      if (!(error instanceof AwsError)) events.unhandledError({ target: 'IcebergRest', err: error })
      const { status, message, type } =
        error instanceof AwsError
          ? { status: error.status, message: error.message, type: 'BadRequestException' }
          : { status: 500, message: `local-aws failed: ${reasonOf(error)}`, type: 'InternalServerError' }
      answered = { status, text: JSON.stringify({ error: { message, type, code: status } }) }
    }
    events.answered('IcebergRest', answered.status)
    // HEAD gets only the head.
    await sendText(request, response, method === 'HEAD' ? { ...answered, text: '' } : answered)
  }

  const underWay = new WeakMap<Socket, number>()

  /** Whether the connection may have another request; if not, it is closed. */
  function countsAsOne({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const count = (underWay.get(socket) ?? 0) + 1
    if (count > mostUnderWay) {
      socket.destroy()
      return false
    }
    underWay.set(socket, count)
    response.on('close', () => underWay.set(socket, underWay.get(socket)! - 1))
    return true
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse, onAdmitted?: () => void) => {
    response.on('error', () => response.destroy())
    if (!countsAsOne(request, response)) return
    try {
      const admitted = admission(request)
      onAdmitted?.()
      route(request, response, admitted).catch((error) => {
        events.unhandledError({ target: request.url ?? '', err: error })
        response.destroy()
      })
    } catch (error) {
      if (error instanceof DeniedRequest) return refuse(request, response, error)
      events.unhandledError({ target: request.url ?? '', err: error })
      response.destroy()
    }
  }
  // An upload may take hours: the time of a request is not limited, only that of its headers.
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: IDLE_CONNECTION_MS },
    (request, response) => onRequest(request, response),
  )
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    onRequest(request, response, () => response.writeContinue())
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new Failure({
          code: 'LOCAL_AWS_PORT_TAKEN',
          what: `the local AWS endpoint cannot listen on ${config.host}:${config.port}; nothing was started`,
          why: reasonOf(error),
          remedy: 'free the port, or set another LOCAL_AWS_PORT',
          cause: error,
        }),
      ),
    )
    server.listen(config.port, config.host, resolve)
  })
  const url = `http://${config.host}:${(server.address() as AddressInfo).port}`
  events.listening({ url, s3: config.s3Endpoint.origin, engine: config.trinoUrl.origin })

  return {
    url,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      passThrough[Symbol.dispose]()
    },
  }
}

const guardReasons: Readonly<Record<string, DenialReason>> = {
  HOST_REFUSED: 'host',
  ORIGIN_REFUSED: 'origin',
  TARGET_REFUSED: 'target',
}

/** 0 if the folder is gone: nothing can be written there. */
function freeBytes(dir: string): number {
  try {
    return bytesLeft(dir)
  } catch {
    return 0
  }
}

/** Why there is no answer; undefined if there is one. */
async function silence(who: string, url: URL): Promise<string | undefined> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(2_000) })).body?.cancel()
    return undefined
  } catch (error) {
    return `${who} at ${url.origin} does not answer: ${reasonOf((error as Error).cause ?? error)}`
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, jsonHeaders(text)).end(text)
}

/** The name of an internal error in each service's API reference. */
function defectName(target: string): string {
  return target.startsWith('AWSGlue.') ? 'InternalServiceException' : 'InternalServerException'
}
