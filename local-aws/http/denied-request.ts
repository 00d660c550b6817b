// A request that is not admitted, and its answer in the form of the protocol that its client uses.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsError } from './aws-error.ts'
import { browserHeaders } from './browser-headers.ts'
import { discardBody } from './unread-body.ts'

/** How a client reads an error: JSON, or the XML of the query protocol, of EC2's variant, or of S3. */
export type Protocol = 'json' | 'query' | 'ec2' | 's3'

/** The reason, for the metric: the guard's three reasons, and those of local-aws itself. */
export type DenialReason =
  | 'host'
  | 'origin'
  | 'target'
  | 'unsigned'
  | 'signature'
  | 'service'
  | 'path'
  | 'method'

/** The error's code in S3, and in services of the query and JSON protocols. */
const codes: Readonly<Record<DenialReason, { s3: string; query: string; status: number }>> = {
  host: { s3: 'AccessDenied', query: 'AccessDenied', status: 421 },
  origin: { s3: 'AccessDenied', query: 'AccessDenied', status: 403 },
  target: { s3: 'InvalidURI', query: 'InvalidRequest', status: 400 },
  unsigned: { s3: 'AccessDenied', query: 'MissingAuthenticationToken', status: 403 },
  signature: { s3: 'AuthorizationHeaderMalformed', query: 'IncompleteSignature', status: 400 },
  service: { s3: 'AccessDenied', query: 'AccessDenied', status: 403 },
  path: { s3: 'AccessDenied', query: 'AccessDenied', status: 403 },
  method: { s3: 'MethodNotAllowed', query: 'InvalidRequest', status: 405 },
}

/** Thrown before anything but the request's head is read. */
export class DeniedRequest extends Error {
  readonly reason: DenialReason

  constructor(reason: DenialReason, message: string) {
    super(message)
    this.name = 'DeniedRequest'
    this.reason = reason
  }
}

/** Sends the answer, and discards what the client still sends. */
export function answerDenied(
  request: IncomingMessage,
  response: ServerResponse,
  { reason, message }: DeniedRequest,
  protocol: Protocol,
): number {
  const { status, s3, query } = codes[reason]
  const requestId = randomUUID()
  const code = protocol === 's3' ? s3 : protocol === 'json' ? `${query}Exception` : query
  const body =
    protocol === 'json'
      ? JSON.stringify(new AwsError(code, message).body())
      : xml(protocol, code, escaped(message), requestId)
  response.writeHead(status, {
    'content-type': protocol === 'json' ? 'application/x-amz-json-1.1' : 'application/xml',
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': requestId,
    'x-amz-request-id': requestId,
    ...(protocol === 'json' ? { 'x-amzn-errortype': code } : {}),
    ...browserHeaders,
    // Nobody knows whether such a client still sends the body: the connection cannot be reused.
    ...(request.headers.expect === undefined ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
  void discardBody(request).then((isWhole) => {
    if (!isWhole) request.destroy()
  })
  return status
}

function xml(protocol: Protocol, code: string, message: string, requestId: string): string {
  const error = `<Code>${code}</Code><Message>${message}</Message>`
  if (protocol === 'ec2') {
    return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${error}</Error></Errors><RequestID>${requestId}</RequestID></Response>`
  }
  if (protocol === 'query') {
    return `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${error}<RequestId>${requestId}</RequestId></Error>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character]!)
}
