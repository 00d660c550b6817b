// The folders below an include path, with the objects that were listed and sampled in each.
import type { Inspection } from './inspection.ts'

export interface ListedObject {
  readonly key: string
  readonly size: number
  readonly storageClass?: string | undefined
}

/** An object whose beginning was read; `inspection` is undefined if its format is unknown. */
export interface SampledObject extends ListedObject {
  readonly inspection: Inspection | undefined
}

export interface Folder {
  readonly name: string
  /** The full key prefix, with the slash at its end; empty for the bucket itself. */
  readonly prefix: string
  readonly folders: Map<string, Folder>
  readonly objects: ListedObject[]
  /** The sampled objects. */
  readonly sampled: SampledObject[]
}

function emptyFolder(name: string, prefix: string): Folder {
  return { name, prefix, folders: new Map(), objects: [], sampled: [] }
}

/** @param root the include path's key prefix, empty or with a slash at its end; all objects are below it */
export function folderTree(name: string, root: string, objects: Iterable<ListedObject>): Folder {
  const tree = emptyFolder(name, root)
  for (const object of objects) {
    let folder = tree
    const segments = object.key.slice(root.length).split('/')
    for (const segment of segments.slice(0, -1)) {
      let child = folder.folders.get(segment)
      if (!child) {
        child = emptyFolder(segment, `${folder.prefix}${segment}/`)
        folder.folders.set(segment, child)
      }
      folder = child
    }
    folder.objects.push(object)
  }
  return tree
}

/** The folders that hold objects themselves, each with its path below the root. */
export function* leaves(
  folder: Folder,
  path: readonly string[] = [],
): Generator<{ folder: Folder; path: readonly string[] }> {
  if (folder.objects.length > 0) yield { folder, path }
  for (const [name, child] of folder.folders) yield* leaves(child, [...path, name])
}

/** Some of the objects, spread over the folder and over the endings of file names. */
export function sampleOf(objects: readonly ListedObject[], most: number): ListedObject[] {
  const byEnding = new Map<string, ListedObject[]>()
  for (const object of objects) {
    const name = object.key.slice(object.key.lastIndexOf('/') + 1)
    const start = name.search(/\.[A-Za-z]/)
    const ending = start < 0 ? '' : name.slice(start)
    const alike = byEnding.get(ending)
    if (alike) alike.push(object)
    else byEnding.set(ending, [object])
  }
  return [...byEnding.values()].flatMap((alike) => {
    const count = Math.min(most, alike.length)
    // The first and the last one, and others evenly in between.
    return Array.from(
      { length: count },
      (_, i) => alike[Math.round((i * (alike.length - 1)) / Math.max(1, count - 1))]!,
    )
  })
}
