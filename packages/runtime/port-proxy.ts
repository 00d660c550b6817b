// Opens ports that lead to other hosts: `node port-proxy.ts 9102=consumer:9102 …`, for the compose profile `metrics`.
// A profile can add a service, but no port to a service that is there.
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
    what: `${text} is no way from a port to another; nothing was started`,
    remedy: 'write PORT=HOST:PORT, such as 9102=consumer:9102',
  })
}

/** Listens until it is closed. A host that is not there ends the connection that asked for it, and nothing else. */
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
          what: `port ${route.port} cannot be opened`,
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
  // Of several containers always the same, as long as they are there: their numbers must not take turns.
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
