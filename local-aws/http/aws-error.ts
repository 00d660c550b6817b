// An error in the form of AWS's JSON services: a type that clients match on, and the members that they read.

/** Thrown by an operation to be answered with this status and body. */
export class AwsError extends Error {
  readonly status: number
  readonly type: string
  readonly members: Readonly<Record<string, unknown>>

  constructor(type: string, message: string, members: Record<string, unknown> = {}, status = 400) {
    super(message)
    this.name = 'AwsError'
    this.type = type
    this.status = status
    this.members = members
  }

  /** The JSON body of the answer. */
  body(): Record<string, unknown> {
    return { __type: this.type, ...this.members, ...(this.message === '' ? {} : { Message: this.message }) }
  }
}
