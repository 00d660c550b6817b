// For tests that ask without an SDK: the header that a signed request has. Nobody checks the signature itself.

export function signedAs(service: string): { authorization: string } {
  const credential = `test/20260101/us-east-1/${service}/aws4_request`
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  }
}
