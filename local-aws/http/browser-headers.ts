// The security headers of every answer: an object never runs scripts as a page, and belongs to no other site.

/** It has no CORS header, and those of the S3 server are not passed on. */
export const browserHeaders = {
  'content-security-policy': 'sandbox',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const
