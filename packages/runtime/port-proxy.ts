// Opens ports that forward to other hosts: `node port-proxy.ts 9102=consumer:9102 …`, for the compose profile
// `metrics`. A compose profile can add a service, but not a port of an existing one.
import { lookup } from 'node:dns/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { Failure, reasonOf } from './errors.ts'
import { runCommand, whenAborted } from './process.ts'

export interface Route {
  /** 0 picks a free one. */
  readonly port: number
  readonly host: string
  readonly hostPort: number
}

/** `9102=consumer:9102`. @throws Failure USAGE */
export function parseRoute(text: string): Route {
  const [, port, host, hostPort] = /^(\d{1,5})=([\w.-]+):(\d{1,5})$/.exec(text) ?? []
  if (host !== undefined) return { port: Number(port), host, hostPort: Number(hostPort) }
  throw new Failure({
    code: 'USAGE',
    what: `${text} does not map a port to another; nothing was started`,
    remedy: 'write PORT=HOST:PORT, such as 9102=consumer:9102',
  })
}

/** Listens until it is closed. An unreachable host only ends the connection that needed it. */
export async function openRoute(route: Route, listenHost: string): Promise<Server> {
  const server = createServer((incoming) => {
    incoming.on('error', () => incoming.destroy())
    forward(incoming, route).catch(() => incoming.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Failure({
          code: 'PORT_TAKEN',
          what: `port ${route.port} cannot be opened; nothing is forwarded`,
          why: reasonOf(cause),
          remedy: 'stop what listens there',
          cause,
        }),
      ),
    )
    server.listen(route.port, listenHost, resolve)
  })
  return server
}

async function forward(incoming: Socket, { host, hostPort }: Route): Promise<void> {
  // With several containers always the same one, while it exists: their metrics must not alternate.
  const addresses = (await lookup(host, { all: true, family: 4 })).map(({ address }) => address).sort()
  const outgoing = connect(hostPort, addresses[0]!)
  outgoing.on('error', () => incoming.destroy())
  pipeline(incoming, outgoing, () => {})
  pipeline(outgoing, incoming, () => {})
}

if (import.meta.main) {
  await runCommand(async (signal) => {
    const servers: Server[] = []
    for (const text of process.argv.slice(2)) servers.push(await openRoute(parseRoute(text), '0.0.0.0'))
    await whenAborted(signal).catch(() => {})
    process.exit(0)
  })
}
