// The first file of a ZIP archive: a crawler reads archives of one file.

/** @throws Error for an encrypted entry, and for a method other than stored and deflated */
export function zipEntry(sample: Uint8Array): { isStored: boolean; content: Uint8Array } {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength)
  const flags = view.getUint16(6, true)
  const method = view.getUint16(8, true)
  if (flags & 1) throw new Error('the archive is encrypted')
  if (method !== 0 && method !== 8) throw new Error(`its method ${method} is not known`)
  const start = 30 + view.getUint16(26, true) + view.getUint16(28, true)
  const files = fileCount(view)
  if (files !== undefined && files > 1) throw new Error(`the archive holds ${files} files, not one`)
  const size = view.getUint32(18, true)
  const isStored = method === 0
  return { isStored, content: sample.subarray(start, isStored && size > 0 ? start + size : undefined) }
}

const endMagic = 0x06054b50
const endLength = 22

/** How many files the archive's directory lists; undefined if the sample does not reach its end. */
function fileCount(view: DataView): number | undefined {
  const last = view.byteLength - endLength
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) === endMagic) return view.getUint16(at + 10, true)
  }
  return undefined
}
