#!/usr/bin/env node
// `make sbom`: lists everything that set-up, the tests and the images download, as one CycloneDX document.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Failure } from '@ticklake/runtime/errors.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { localDir, projectDir } from '../paths.ts'
import { bomError, bomJson } from './bom.ts'
import { readParts } from './parts.ts'

await runCommand(async () => {
  const file = resolve(process.argv[2] || join(localDir, 'sbom.cdx.json'))
  const project = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8'))
  const parts = readParts(projectDir)
  const json = bomJson(parts, project)
  const error = await bomError(json)
  if (error) {
    throw new Failure({
      code: 'SBOM_INVALID',
      what: 'the bill of materials is not valid; nothing was written',
      why: error.slice(0, 500),
      remedy: 'report it: one of the lists has something that CycloneDX does not take',
    })
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, json)
  const unknown = parts.filter(({ license, isImage }) => !license && !isImage).length
  process.stdout.write(
    `${file}: CycloneDX 1.6, ${parts.length} components, ${unknown} of them without a known licence\n`,
  )
})
