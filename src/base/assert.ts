/** A broken invariant: a bug of ours or a damaged state that must not spread. The member stops on it, in production too. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/**
 * States what must hold. Stays on in production.
 * Pass a constant message on hot paths: building a string costs more than the check.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a branch that no value may reach; the type checker proves it for unions. */
export function unreachable(value: never, message = "unreachable"): never {
  throw new InvariantError(`${message}: ${String(value)}`);
}
