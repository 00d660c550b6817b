import { expect, test } from 'vitest'
import { securityHeaders } from './security-headers.ts'

test('the policy allows no inline script or style, no frame and no other site', () => {
  const policy = securityHeaders('abc')['content-security-policy']!
  expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
})
