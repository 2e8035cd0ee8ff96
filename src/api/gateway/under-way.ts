/** What is open at a server: how to end each, and when the last is over. */
export class UnderWay {
  readonly #cuts = new Set<() => void>();
  #whenEmpty: (() => void)[] = [];

  /** @param cut ends it before its time; called at most once. @returns to be called when it is over */
  add(cut: () => void): () => void {
    this.#cuts.add(cut);
    return () => {
      if (!this.#cuts.delete(cut) || this.#cuts.size > 0) return;
      const waiting = this.#whenEmpty;
      this.#whenEmpty = [];
      for (const resolve of waiting) resolve();
    };
  }

  /** Resolves as soon as nothing is open. */
  empty(): Promise<void> {
    if (this.#cuts.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Ends all that is open now; each is over once its `add` was told so. */
  cutAll(): void {
    for (const cut of [...this.#cuts]) cut();
  }
}
