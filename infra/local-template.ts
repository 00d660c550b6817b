// For tests: the template in a form that a local CloudFormation can deploy.
import type { Template } from './template.ts'

/** It supports neither addresses nor volumes: plausible ids replace them. */
export function withoutAddressAndVolume(template: Template): Template {
  const ids: Record<string, string> = {
    Volume: 'vol-0123456789abcdef0',
    'Address.PublicIp': '203.0.113.200',
    'Address.AllocationId': 'eipalloc-0123456789abcdef0',
  }
  const swap = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.replace(/\$\{([A-Za-z.]+)\}/g, (all, name: string) => ids[name] ?? all)
    }
    if (Array.isArray(value)) return value.map(swap)
    if (typeof value !== 'object' || value === null) return value
    const { Ref, 'Fn::GetAtt': path } = value as { Ref?: string; 'Fn::GetAtt'?: string[] }
    const id = ids[Ref ?? path?.join('.') ?? '']
    return id ?? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, swap(item)]))
  }
  const { Address: _, Volume: __, ...Resources } = template.Resources
  return swap({ ...template, Resources }) as Template
}
