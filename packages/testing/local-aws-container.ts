// The local AWS endpoint as a container of Testcontainers: for the tests of projects that query Athena or Glue.
import { AbstractStartedContainer, GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'

const port = 4566
/** A laptop that does much else starts the engine in a minute. */
const startWithinMs = 180_000

export class LocalAwsContainer extends GenericContainer {
  /** @param image made by `docker build -f local-aws/Dockerfile -t ticklake-aws .` */
  constructor(image = 'ticklake-aws') {
    super(image)
    this.withExposedPorts(port)
    this.withWaitStrategy(
      Wait.forHttp('/_ticklake/health', port, { abortOnContainerExit: true }).forStatusCode(200),
    )
    this.withStartupTimeout(startWithinMs)
  }

  /** A folder that fills the endpoint: objects as `s3/BUCKET/KEY`, and `*.sql` in the order of their names. */
  withSeed(folder: string): this {
    return this.withCopyDirectoriesToContainer([{ source: folder, target: '/seed' }])
  }

  /** Buckets that are there from the start. */
  withBuckets(...names: string[]): this {
    return this.withEnvironment({ LOCAL_AWS_BUCKETS: names.join(',') })
  }

  /** Starts it; ready when a query would be answered and the seed is loaded. */
  override async start(): Promise<StartedLocalAwsContainer> {
    // The endpoint answers only to names that it knows; with a remote engine it is asked for by that one's name.
    const { host } = (await getContainerRuntimeClient()).info.containerRuntime
    this.withEnvironment({ LOCAL_AWS_ALLOWED_HOSTS: host })
    return new StartedLocalAwsContainer(await super.start())
  }
}

export class StartedLocalAwsContainer extends AbstractStartedContainer {
  /** For AWS_ENDPOINT_URL. */
  get endpoint(): string {
    return `http://${this.getHost()}:${this.getMappedPort(port)}`
  }

  /** What an AWS SDK is configured with: endpoint, region and any credentials. */
  get clientConfig(): {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  } {
    return {
      endpoint: this.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }
  }
}
