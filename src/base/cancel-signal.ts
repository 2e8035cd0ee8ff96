/**
 * An AbortSignal: the platform's own type where the program's types know one (DOM, @types/node), and else what we use of it, so
 * that our declarations compile without either.
 */
export type CancelSignal = typeof globalThis extends { AbortSignal: { prototype: infer Platform } }
  ? Platform
  : {
      readonly aborted: boolean;
      readonly reason: unknown;
      addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
      removeEventListener(type: "abort", listener: () => void): void;
    };
