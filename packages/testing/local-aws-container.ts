// The local AWS endpoint as a container of Testcontainers: for the tests of projects that query Athena or Glue.
import { AbstractStartedContainer, GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'

const port = 4566
/** A busy laptop starts the engine in a minute. */
const startWithinMs = 180_000

export class LocalAwsContainer extends GenericContainer {
  /** @param image built by `docker build -f local-aws/Dockerfile -t ticklake-aws .` */
  constructor(image = 'ticklake-aws') {
    super(image)
    this.withExposedPorts(port)
    this.withWaitStrategy(
      Wait.forHttp('/_ticklake/health', port, { abortOnContainerExit: true }).forStatusCode(200),
    )
    this.withStartupTimeout(startWithinMs)
  }

  /** A folder that seeds the endpoint: objects as `s3/BUCKET/KEY`, and `*.sql` in the order of their names. */
  withSeed(folder: string): this {
    return this.withCopyDirectoriesToContainer([{ source: folder, target: '/seed' }])
  }

  /** Buckets to create at the start. */
  withBuckets(...names: string[]): this {
    return this.withEnvironment({ LOCAL_AWS_BUCKETS: names.join(',') })
  }

  /** Starts it; ready when the engine answers queries and the seed is loaded. */
  override async start(): Promise<StartedLocalAwsContainer> {
    // The endpoint answers only under names that it knows; clients use the name of a remote Docker engine.
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

  /** The configuration of an AWS SDK client: endpoint, region and any credentials. */
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
