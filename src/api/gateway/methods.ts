import { assert } from "../../base/index.ts";
import type { MethodDefinition, MethodRegistry } from "../../wire/grpc/index.ts";

/** Keeps the methods that services register, so that the gateway can call them in this process. */
export class MethodTable implements MethodRegistry {
  readonly #methods = new Map<string, MethodDefinition>();

  register(service: string, method: string, definition: MethodDefinition): void {
    const path = `/${service}/${method}`;
    assert(!this.#methods.has(path), "a gRPC method is registered twice");
    this.#methods.set(path, definition);
  }

  get(path: string): MethodDefinition | undefined {
    return this.#methods.get(path);
  }
}

/** Registers everything in several places at once. */
export function registerInAll(...registries: readonly MethodRegistry[]): MethodRegistry {
  return {
    register(service, method, definition) {
      for (const registry of registries) registry.register(service, method, definition);
    },
  };
}
