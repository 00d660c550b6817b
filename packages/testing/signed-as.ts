// For tests that send requests without an SDK: the header of a signed request. The signature itself is not checked.

export function signedAs(service: string): { authorization: string } {
  const credential = `test/20260101/us-east-1/${service}/aws4_request`
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  }
}
