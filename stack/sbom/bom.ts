// The bill of materials in CycloneDX 1.6, from the parts.
import { Enums, Models, Serialize, SPDX, Spec, Validation } from '@cyclonedx/cyclonedx-library'
import type { Part } from './parts.ts'

const algorithms = { 'SHA-256': Enums.HashAlgorithm['SHA-256'], 'SHA-512': Enums.HashAlgorithm['SHA-512'] }

/** The document as JSON. It has neither a time nor a serial number, so the same lists give the same document. */
export function bomJson(parts: readonly Part[], project: { name: string; version: string }): string {
  const bom = new Models.Bom({
    metadata: new Models.Metadata({
      component: new Models.Component(Enums.ComponentType.Application, project.name, {
        version: project.version,
        bomRef: project.name,
        licenses: new Models.LicenseRepository([licenseOf('Apache-2.0')]),
      }),
    }),
  })
  for (const part of parts) bom.components.add(component(part))
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
}

/** What CycloneDX 1.6's schema finds wrong with a document; undefined if it is valid. */
export async function bomError(json: string): Promise<string | undefined> {
  const error = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(json)
  return error === null ? undefined : JSON.stringify(error)
}

function component({ group, name, version, purl, hashes, license, isImage }: Part): Models.Component {
  const made = new Models.Component(
    isImage ? Enums.ComponentType.Container : Enums.ComponentType.Library,
    name,
    { ...(group && { group }), version, purl, bomRef: purl },
  )
  if (license) made.licenses.add(licenseOf(license))
  const [first, ...more] = hashes
  if (first && more.length === 0) made.hashes.set(algorithms[first[0]], first[1])
  else {
    // A PyPI release has several files, and a component may have one hash of each kind: so each file is a distribution.
    for (const [algorithm, digits] of hashes) {
      made.externalReferences.add(
        new Models.ExternalReference(`${purl}#sha256=${digits}`, Enums.ExternalReferenceType.Distribution, {
          hashes: new Models.HashDictionary([[algorithms[algorithm], digits]]),
        }),
      )
    }
  }
  return made
}

/** By its SPDX id if it has one; other texts stay as they are. */
function licenseOf(text: string): Models.License {
  return SPDX.isSupportedSpdxId(text) ? new Models.SpdxLicense(text) : new Models.NamedLicense(text)
}
