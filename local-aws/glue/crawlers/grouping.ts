// Decides which folders are one table, and which are its partitions, by the crawler's rules of grouping.
import { type Folder, leaves, type SampledObject } from './folder-tree.ts'
import type { Inspection } from './inspection.ts'
import { areOneTable } from './schema.ts'

export interface FoundPartition {
  /** The folders below the table's root. */
  readonly path: readonly string[]
  readonly folder: Folder
}

export interface FoundTable {
  /** The folder or object that gives the table its name. */
  readonly name: string
  /** The key prefix (of a folder) or key (of a single object) of its root. */
  readonly root: string
  readonly inspections: readonly Inspection[]
  /** One for each folder that holds objects; a table without partitions has one, with an empty path. */
  readonly partitions: readonly FoundPartition[]
}

export interface GroupingOptions {
  /** TableGroupingPolicy=CombineCompatibleSchemas: one table wherever the format is the same. */
  readonly combine?: boolean
  /** TableLevelConfiguration: the depth of the folders that are tables, where the bucket is 1. */
  readonly level?: number
}

/** The tables of a tree whose objects have been sampled. Objects of an unknown format are left out. */
export function groupTables(root: Folder, options: GroupingOptions = {}): FoundTable[] {
  const depth = root.prefix.split('/').length
  return tablesBelow(root, depth, options)
}

function tablesBelow(folder: Folder, depth: number, options: GroupingOptions): FoundTable[] {
  const partitions = [...leaves(folder)].filter((leaf) => known(leaf.folder.sampled).length > 0)
  if (partitions.length === 0) return []
  const inspections = partitions.flatMap((leaf) => known(leaf.folder.sampled))
  const isDeepEnough = options.level === undefined || depth >= options.level
  const sameDepth = partitions.every(({ path }) => path.length === partitions[0]!.path.length)
  if (isDeepEnough && sameDepth && isOneTable(inspections, options)) {
    return [{ name: folder.name, root: folder.prefix, inspections, partitions }]
  }
  const below = [...folder.folders.values()].flatMap((child) => tablesBelow(child, depth + 1, options))
  return [...tablesOfObjects(folder, options), ...below]
}

/** The tables of the objects in the folder itself: one if they are similar, else one for each object. */
function tablesOfObjects(folder: Folder, options: GroupingOptions): FoundTable[] {
  const objects = folder.sampled.filter(({ inspection }) => inspection)
  if (objects.length === 0) return []
  if (isOneTable(known(objects), options)) {
    const own: Folder = { ...folder, folders: new Map() }
    const partitions = [{ path: [], folder: own }]
    return [{ name: folder.name, root: folder.prefix, inspections: known(objects), partitions }]
  }
  return objects.map((object) => {
    const alone: Folder = {
      name: object.key.slice(object.key.lastIndexOf('/') + 1),
      prefix: object.key,
      folders: new Map(),
      objects: [object],
      sampled: [object],
    }
    return {
      name: alone.name,
      root: object.key,
      inspections: [object.inspection!],
      partitions: [{ path: [], folder: alone }],
    }
  })
}

function isOneTable(inspections: readonly Inspection[], { combine }: GroupingOptions): boolean {
  const [first] = inspections
  const sameFormat = inspections.every(
    ({ classification, compression, csv, jsonPath, rowTag }) =>
      classification === first!.classification &&
      compression === first!.compression &&
      csv?.delimiter === first!.csv?.delimiter &&
      jsonPath === first!.jsonPath &&
      rowTag === first!.rowTag,
  )
  return sameFormat && (combine === true || areOneTable(inspections.map(({ schema }) => schema)))
}

const known = (objects: readonly SampledObject[]) =>
  objects.map(({ inspection }) => inspection).filter((inspection) => inspection !== undefined)
