// The CloudFormation stack: proposed as a change set, executed, watched, deleted.
import {
  type Change,
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  type Parameter as ParameterInput,
  type Stack,
  type StackEvent,
} from '@aws-sdk/client-cloudformation'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { Outputs } from './env-aws.ts'

const CHANGE_SET = 'ticklake'
const POLL_EVERY_MS = 3_000
const WAIT_MS = 40 * 60_000

export interface ProposedChange {
  readonly action: string
  readonly type: string
  readonly name: string
  /** The old resource is replaced by a new one. */
  readonly replaces: boolean
}

export interface StackState {
  readonly status: string
  readonly outputs: Outputs
  readonly parameters: Readonly<Record<string, string>>
}

export class CloudFormation {
  readonly #client: CloudFormationClient
  readonly #stack: string

  constructor(stack: string, client = new CloudFormationClient({})) {
    this.#client = client
    this.#stack = stack
  }

  async region(): Promise<string> {
    return this.#client.config.region()
  }

  /** The current stack, or undefined if there is none. */
  async state(): Promise<StackState | undefined> {
    const stack = await this.#describe()
    if (!stack || stack.StackStatus === 'DELETE_COMPLETE') return undefined
    return {
      status: stack.StackStatus ?? 'UNKNOWN',
      outputs: Object.fromEntries((stack.Outputs ?? []).map((it) => [it.OutputKey!, it.OutputValue!])),
      parameters: Object.fromEntries(
        (stack.Parameters ?? []).map((it) => [it.ParameterKey!, it.ParameterValue!]),
      ),
    }
  }

  /**
   * Asks AWS what the template would change. Omitted parameters keep their value, or get their default. @returns
   * the changes; none if the stack is up to date @throws Failure STACK_REFUSED if AWS does not accept the template or a
   * parameter
   */
  async propose(
    templateBody: string,
    parameterNames: readonly string[],
    given: Readonly<Record<string, string>>,
  ): Promise<readonly ProposedChange[]> {
    const there = await this.state()
    const update = there !== undefined && there.status !== 'REVIEW_IN_PROGRESS'
    const parameters = parameterNames.flatMap((name): ParameterInput[] => {
      if (given[name] !== undefined) return [{ ParameterKey: name, ParameterValue: given[name] }]
      return update && name in there.parameters ? [{ ParameterKey: name, UsePreviousValue: true }] : []
    })
    try {
      await this.discardProposal()
      await this.#client.send(
        new CreateChangeSetCommand({
          StackName: this.#stack,
          ChangeSetName: CHANGE_SET,
          ChangeSetType: update ? 'UPDATE' : 'CREATE',
          TemplateBody: templateBody,
          Parameters: parameters,
          Capabilities: ['CAPABILITY_IAM'],
          Tags: [{ Key: 'project', Value: 'ticklake' }],
        }),
      )
      return await this.#proposed()
    } catch (error) {
      if (error instanceof Failure) throw error
      throw new Failure({
        code: 'STACK_REFUSED',
        what: `CloudFormation does not accept the stack ${this.#stack}; nothing was created or changed`,
        why: reasonOf(error),
        remedy: 'fix the cause; `aws sts get-caller-identity` shows whether AWS knows you',
        cause: error,
      })
    }
  }

  /** Deletes a proposal that was not executed. */
  async discardProposal(): Promise<void> {
    const names = { StackName: this.#stack, ChangeSetName: CHANGE_SET }
    // A missing stack or proposal counts as deleted.
    await this.#client.send(new DeleteChangeSetCommand(names)).catch(() => {})
  }

  /** Executes the proposal and waits. @throws Failure STACK_FAILED with the first error */
  async carryOut(signal: AbortSignal, onEvent: (event: StackEvent) => void): Promise<StackState> {
    const since = new Date()
    await this.#client.send(
      new ExecuteChangeSetCommand({ StackName: this.#stack, ChangeSetName: CHANGE_SET }),
    )
    await this.#whenDone(since, signal, onEvent)
    const state = await this.state()
    if (state?.status === 'CREATE_COMPLETE' || state?.status === 'UPDATE_COMPLETE') return state
    throw await this.#failed(since, `is ${state?.status ?? 'gone'}`)
  }

  /** Deletes the stack and waits. @throws Failure STACK_FAILED */
  async delete(signal: AbortSignal, onEvent: (event: StackEvent) => void): Promise<void> {
    const since = new Date()
    await this.#client.send(new DeleteStackCommand({ StackName: this.#stack }))
    await this.#whenDone(since, signal, onEvent)
    const state = await this.state()
    if (state) throw await this.#failed(since, `is ${state.status} and not all of it is gone`)
  }

  /** The physical names of the stack's resources, by their names in the template. */
  async resources(): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#client.send(new DescribeStackResourcesCommand({ StackName: this.#stack }))
    return Object.fromEntries(
      (answer.StackResources ?? []).map((it) => [it.LogicalResourceId!, it.PhysicalResourceId ?? '']),
    )
  }

  async #describe(): Promise<Stack | undefined> {
    try {
      const answer = await this.#client.send(new DescribeStacksCommand({ StackName: this.#stack }))
      return answer.Stacks?.[0]
    } catch (error) {
      if (/does not exist/.test(reasonOf(error))) return undefined
      throw new Failure({
        code: 'AWS_UNREACHABLE',
        what: `CloudFormation cannot be asked for the stack ${this.#stack}; nothing was changed`,
        why: reasonOf(error),
        remedy:
          'set AWS_REGION and your credentials (AWS_PROFILE, or `aws configure`) and try `aws sts get-caller-identity`',
        cause: error,
      })
    }
  }

  async #proposed(): Promise<readonly ProposedChange[]> {
    const changes: Change[] = []
    for (let token: string | undefined; ; ) {
      const answer = await this.#client.send(
        new DescribeChangeSetCommand({
          StackName: this.#stack,
          ChangeSetName: CHANGE_SET,
          ...(token && { NextToken: token }),
        }),
      )
      if (answer.Status === 'FAILED') {
        const reason = answer.StatusReason ?? ''
        await this.discardProposal()
        if (/didn't contain changes|No updates are to be performed/i.test(reason)) return []
        throw new Error(reason)
      }
      if (answer.Status !== 'CREATE_COMPLETE') {
        await sleep(POLL_EVERY_MS / 3)
        continue
      }
      changes.push(...(answer.Changes ?? []))
      token = answer.NextToken
      if (!token) break
    }
    return changes.map(({ ResourceChange: change }) => ({
      action: change?.Action ?? 'Change',
      type: change?.ResourceType ?? '',
      name: change?.LogicalResourceId ?? '',
      replaces: change?.Replacement === 'True',
    }))
  }

  async #whenDone(since: Date, signal: AbortSignal, onEvent: (event: StackEvent) => void): Promise<void> {
    const deadline = Date.now() + WAIT_MS
    const seen = new Set<string>()
    for (;;) {
      const stack = await this.#describe()
      for (const event of (await this.#events(since)).reverse()) {
        if (seen.has(event.EventId!)) continue
        seen.add(event.EventId!)
        onEvent(event)
      }
      if (!stack || /_(COMPLETE|FAILED)$/.test(stack.StackStatus ?? '')) return
      if (signal.aborted || Date.now() > deadline) {
        throw new Failure({
          code: 'STACK_UNFINISHED',
          what: `the stack ${this.#stack} is still ${stack.StackStatus}; AWS continues`,
          why: signal.aborted ? 'you stopped waiting' : `it took more than ${WAIT_MS / 60_000} minutes`,
          remedy: 'run the same command again to keep waiting',
        })
      }
      await sleep(POLL_EVERY_MS, signal)
    }
  }

  /** The newest hundred events from `since` on, newest first. */
  async #events(since: Date): Promise<StackEvent[]> {
    const answer = await this.#client
      .send(new DescribeStackEventsCommand({ StackName: this.#stack }))
      .catch(() => undefined)
    return (answer?.StackEvents ?? []).filter((event) => event.Timestamp! >= since)
  }

  async #failed(since: Date, how: string): Promise<Failure> {
    const first = (await this.#events(since)).reverse().find((it) => /_FAILED$/.test(it.ResourceStatus ?? ''))
    return new Failure({
      code: 'STACK_FAILED',
      what: `the stack ${this.#stack} ${how}`,
      why: first ? `${first.LogicalResourceId}: ${first.ResourceStatusReason}` : 'its events name no reason',
      remedy: 'docs/aws.md, "When it goes wrong", has the usual reasons; `destroy` deletes what exists',
    })
  }
}
