// Exit status 0 when node_modules holds what package-lock.json asks for; plain JavaScript, as it runs before npm ci.
import { existsSync, readFileSync } from 'node:fs'

function packages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return {}
  }
}

const wanted = Object.entries(packages('package-lock.json')).filter(([path]) => path !== '')
const found = packages('node_modules/.package-lock.json')
const lacking = wanted.filter(([path, { version, optional, link }]) => {
  const installed = found[path]
  // A workspace that the last npm ci did not know of yet.
  if (link) return !existsSync(path)
  if (optional) return false
  return path.includes('node_modules/') && installed?.version !== version
})
process.exit(wanted.length > 0 && Object.keys(found).length > 0 && lacking.length === 0 ? 0 : 1)
