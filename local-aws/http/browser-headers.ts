// The security headers of every answer: an object is never a page with scripts of its own, and of no other site.

/** No header of CORS is among them, nor is one of the S3 server's passed on. */
export const browserHeaders = {
  'content-security-policy': 'sandbox',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const
