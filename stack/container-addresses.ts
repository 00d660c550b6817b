// The addresses at which others reach a server in a container: its own, and its network's gateway, which forwards
// published ports. Testcontainers uses the gateway where the tests themselves run in a container.
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

/** IPv4 addresses, without loopback. */
export function containerAddresses(): string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
  return [...new Set([...own, ...gatewaysOf(routes())])]
}

/** The gateways of the default routes in the text of `/proc/net/route`, where addresses are byte-reversed hex digits. */
export function gatewaysOf(table: string): string[] {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/))
  return rows
    .filter(([, destination, gateway]) => destination === '00000000' && /^[0-9A-F]{8}$/.test(gateway ?? ''))
    .map(([, , gateway]) => Buffer.from(gateway!, 'hex').reverse().join('.'))
}

/** Empty if there is no such file: this is not Linux. */
function routes(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8')
  } catch {
    return ''
  }
}
