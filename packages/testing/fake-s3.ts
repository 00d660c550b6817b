// An S3 for tests: objects in memory, parts and ranges; it fails on request.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeS3 extends AsyncDisposable {
  readonly url: URL
  readonly objects: Map<string, Buffer>
  readonly openUploads: Map<string, Buffer[]>
  /** The status that every write gets from now on; 0 closes the connection instead. */
  failWritesWith: number | undefined
}

/** It has the bucket `results` and Athena's own; no other bucket exists. */
export async function startFakeS3(): Promise<FakeS3> {
  const server = createServer((request, response) => {
    // Some tests have clients that give up in the middle.
    serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.url!, 'http://x')
    const key = decoded(url.pathname.slice(1))
    const uploadId = url.searchParams.get('uploadId')
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const answer = (status: number, text: string | Buffer = '', headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(text)

    if (key === undefined) return answer(400, '<Error><Code>InvalidURI</Code></Error>')
    if (!/^(?:results|aws-athena-managed)/.test(key))
      return answer(404, '<Error><Code>NoSuchBucket</Code></Error>')
    if ((request.method === 'PUT' || request.method === 'POST') && s3.failWritesWith !== undefined) {
      if (s3.failWritesWith === 0) return request.socket.destroy()
      return answer(
        s3.failWritesWith,
        '<Error><Code>InternalError</Code><Message>told to fail</Message></Error>',
      )
    }
    switch (request.method) {
      case 'HEAD':
        return answer(/\/./.test(key) && !s3.objects.has(key) ? 404 : 200)
      case 'PUT':
        if (uploadId === null) s3.objects.set(key, body)
        else s3.openUploads.get(uploadId)![Number(url.searchParams.get('partNumber')) - 1] = body
        return answer(200, '', { etag: '"x"' })
      case 'POST':
        if (url.searchParams.has('delete')) {
          for (const [, name] of body.toString().matchAll(/<Key>([^<]+)<\/Key>/g))
            s3.objects.delete(`results/${name}`)
          return answer(200, '<DeleteResult/>')
        }
        if (uploadId === null) {
          const id = String(Math.random())
          s3.openUploads.set(id, [])
          return answer(
            200,
            `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
          )
        }
        s3.objects.set(key, Buffer.concat(s3.openUploads.get(uploadId)!))
        s3.openUploads.delete(uploadId)
        return answer(200, '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>')
      case 'DELETE':
        s3.openUploads.delete(uploadId!)
        return answer(204)
      default: {
        if (url.searchParams.get('list-type') === '2')
          return answer(200, '<ListBucketResult></ListBucketResult>')
        const object = s3.objects.get(key)
        if (!object) return answer(404, '<Error><Code>NoSuchKey</Code></Error>')
        const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []
        if (from === undefined) return answer(200, object)
        if (Number(from) >= object.length) return answer(416, '<Error><Code>InvalidRange</Code></Error>')
        const part = object.subarray(Number(from), Number(to) + 1)
        return answer(206, part, { 'content-range': `bytes ${from}-${to}/${object.length}` })
      }
    }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const s3: FakeS3 = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    objects: new Map(),
    openUploads: new Map(),
    failWritesWith: undefined,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
  return s3
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
