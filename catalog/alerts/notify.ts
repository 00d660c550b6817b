// Sends a notification to a webhook (signed) or to SNS.
import { createHash, createHmac } from 'node:crypto'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { awsFailure } from '@ticklake/aws/failure.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { Episode } from './episodes.ts'
import type { Target } from './rule.ts'

/** Short, because a stop waits for a notification in progress. */
const TIMEOUT_MS = 5_000

export type Notify = (target: Target, alert: string, episode: Episode) => Promise<void>

/** Names a target in the stored state. The path of a webhook is often its password: the state has its digest. */
export function targetKey(target: Target): string {
  if (target.kind !== 'webhook') return targetName(target)
  return `${targetName(target)} ${createHash('sha256').update(target.url).digest('hex').slice(0, 16)}`
}

/** Names a target for people. */
export function targetName(target: Target): string {
  if (target.kind === 'webhook') return `webhook ${new URL(target.url).origin}`
  return target.kind === 'sns' ? `sns ${target.topic}` : target.kind
}

/** The signature of a webhook's body: HMAC-SHA256 over `<timestamp>.<body>`. */
export function signature(secret: string, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

/** @param secret signs webhooks; without it they have no signature */
export function notifier(secret: string | undefined): Notify & Disposable {
  let sns: SNSClient | undefined
  const notify: Notify = async (target, alert, { id, sinceMs, rows }) => {
    const body = JSON.stringify({ id, alert, since: new Date(sinceMs).toISOString(), rows })
    if (target.kind === 'webhook') await post(target.url, body, id, secret)
    if (target.kind === 'sns') {
      sns ??= new SNSClient({
        maxAttempts: 1,
        requestHandler: { requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
      })
      try {
        // SNS refuses a subject that is longer, or has a line end.
        const Subject = `ticklake: ${alert}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 99)
        const command = new PublishCommand({ TopicArn: target.topic, Subject, Message: body })
        await sns.send(command)
      } catch (error) {
        throw awsFailure('SNS', `publishing to ${target.topic}`, error)
      }
    }
  }
  return Object.assign(notify, { [Symbol.dispose]: () => sns?.destroy() })
}

async function post(url: string, body: string, id: string, secret: string | undefined): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const { origin } = new URL(url)
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      // A redirect would carry the signed body to a host that nobody configured.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'content-type': 'application/json',
        'ticklake-id': id,
        'ticklake-timestamp': timestamp,
        ...(secret === undefined ? {} : { 'ticklake-signature': signature(secret, timestamp, body) }),
      },
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  } catch (error) {
    throw new Failure({
      code: 'WEBHOOK_FAILED',
      what: `the webhook at ${origin} did not accept the notification; it is sent again at the next check`,
      // `fetch failed` alone says nothing.
      why: reasonOf((error instanceof TypeError && error.cause) || error),
      remedy: 'check the URL in alerts.yml and the receiver',
      retryable: true,
      cause: error,
    })
  }
}
