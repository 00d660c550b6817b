// The shell's environment, plus variables of .env that the shell does not set.
import dotenv from 'dotenv'
import type { Env } from './env.ts'

/** Reads `.env` in the working directory (or the file that TICKLAKE_ENV_FILE names); the shell's values win. */
export function shellEnv(): Env {
  const fromFile: Record<string, string> = {}
  dotenv.config({ path: process.env.TICKLAKE_ENV_FILE ?? '.env', processEnv: fromFile, quiet: true })
  // AWS SDK clients read process.env themselves, so the file's variables must be there too.
  for (const [name, value] of Object.entries(fromFile)) process.env[name] ??= value
  return process.env
}
