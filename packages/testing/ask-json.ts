// Sends a request to a JSON service of local-aws as its server does: text in, text out.
import type { JsonAnswer } from '../../local-aws/http/json-exchange.ts'

interface Service {
  handleText(operation: string, json: string): Promise<JsonAnswer>
}

/** The answer, parsed. @throws AwsError as the service does */
export async function askJson(
  service: Service,
  operation: string,
  body: object,
  // biome-ignore lint/suspicious/noExplicitAny: answers of the wire, looked into freely
): Promise<{ status: number; body: any }> {
  const { status, text } = await service.handleText(operation, JSON.stringify(body))
  return { status, body: JSON.parse(await whole(text)) }
}

async function whole(text: JsonAnswer['text']): Promise<string> {
  if (typeof text === 'string') return text
  const pieces: Buffer[] = []
  for await (const piece of text) pieces.push(Buffer.from(piece as string))
  return Buffer.concat(pieces).toString('utf8')
}
