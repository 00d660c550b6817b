// The entries of the lists of hashes as parts of the bill of materials: npm, PyPI, Maven, images, and Kafka's archive.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArtifacts } from '../artifacts.ts'
import { mavenLicense, pythonLicense } from './licenses.ts'

export interface Part {
  readonly group?: string | undefined
  readonly name: string
  readonly version: string
  /** https://github.com/package-url/purl-spec */
  readonly purl: string
  /** Each file that it may be: algorithm in CycloneDX's spelling, and hexadecimal digits. */
  readonly hashes: readonly (readonly [algorithm: 'SHA-256' | 'SHA-512', digits: string])[]
  readonly license?: string | undefined
  readonly isImage?: boolean
}

/** Which files list downloads, and how each kind is read. Paths are relative to the project's root. */
const kinds: readonly { readonly files: string; readonly read: (text: string, project: string) => Part[] }[] =
  [
    {
      files: '{.,stack/node/*,stack/kafka-client,e2e/offline/images/node}/package-lock.json',
      read: npmParts,
    },
    { files: '{stack/python/*,infra/requirements,infra/instance-like/requirements}.txt', read: pythonParts },
    { files: '{stack/*,e2e/offline/images/*}/artifacts.sha256', read: mavenParts },
    { files: 'infra/template/broker.yaml', read: kafkaArchive },
    { files: '{Dockerfile,local-aws/Dockerfile,stack/*/Dockerfile,*compose*.yml}', read: images },
  ]

/** The lists, by their paths below the project. */
export function listFiles(project: string): string[] {
  return kinds.flatMap(({ files }) => globSync(files, { cwd: project })).sort()
}

/** Everything in the lists, each part once. */
export function readParts(project: string): Part[] {
  const parts = new Map<string, Part>()
  for (const { files, read } of kinds) {
    for (const file of globSync(files, { cwd: project }).sort()) {
      for (const part of read(readFileSync(join(project, file), 'utf8'), project)) {
        const known = parts.get(part.purl)
        const hashes = new Map([...(known?.hashes ?? []), ...part.hashes].map((hash) => [hash[1], hash]))
        parts.set(part.purl, { ...known, ...part, hashes: [...hashes.values()] })
      }
    }
  }
  return [...parts.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1))
}

interface LockedPackage {
  readonly version?: string
  readonly name?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
}

function npmParts(text: string): Part[] {
  const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> }
  return Object.entries(packages).flatMap(([path, { name, version, integrity, license, link }]): Part[] => {
    // The project's own folders, and packages that are bundled in another package's archive.
    if (!path.includes('node_modules/') || link || !version || !integrity) return []
    const whole = name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const [group, short] = whole.startsWith('@') ? whole.split('/') : [undefined, whole]
    const digits = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')
    const purl = `pkg:npm/${group ? `${encodeURIComponent(group)}/` : ''}${short}@${version}`
    return [{ group, name: short!, version, purl, hashes: [['SHA-512', digits]], license }]
  })
}

function pythonParts(text: string, project: string): Part[] {
  return text.split(/\n(?=[A-Za-z0-9])/).flatMap((entry): Part[] => {
    const [, name, version] = /^([\w.-]+)==([\w.!+-]+)/.exec(entry) ?? []
    if (!name || !version) return []
    const hashes = [...entry.matchAll(/--hash=sha256:([0-9a-f]{64})/g)].map(
      ([, digits]) => ['SHA-256', digits!] as const,
    )
    const purl = `pkg:pypi/${name.toLowerCase().replaceAll('_', '-')}@${version}`
    return [{ name, version, purl, hashes, license: pythonLicense(project, name, version) }]
  })
}

function mavenParts(text: string): Part[] {
  return parseArtifacts(text).map(({ group, name, version, type, sha256 }) => ({
    group,
    name,
    version,
    purl: `pkg:maven/${group}/${name}@${version}?type=${type}`,
    hashes: [['SHA-256', sha256]],
    license: mavenLicense(group, name, version),
  }))
}

function kafkaArchive(text: string): Part[] {
  const [, url] = / Default: (https:\/\/\S+\.tgz)\n/.exec(text) ?? []
  const [, digits] = / Default: ([0-9a-f]{128})\n/.exec(text) ?? []
  if (!url || !digits) throw new Error('template/broker.yaml names no archive of Kafka, or not its SHA-512')
  const version = dirname(url).split('/').at(-1)!
  const purl = `pkg:generic/kafka@${version}?download_url=${encodeURIComponent(url)}`
  return [{ name: 'kafka', version, purl, hashes: [['SHA-512', digits]], license: 'Apache-2.0' }]
}

/** Images by their tags: their digests would have to be fetched from a registry. */
function images(text: string): Part[] {
  const named = text.matchAll(/^(?: +image: (?:\$\{\w+:-)?|FROM )([a-z][\w./-]*):([\w.-]+)/gm)
  return [...named].map(([, name, version]) => ({
    name: name!,
    version: version!,
    purl: `pkg:docker/${name}@${version}`,
    hashes: [],
    isImage: true,
  }))
}
