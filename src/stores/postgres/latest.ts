/**
 * Asks for something that changes all the time. Whoever asks gets an answer that was looked up after that; all who ask
 * while one is being looked up share the next.
 */
export class Latest<T> {
  readonly #look: () => Promise<T>;
  #current: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(look: () => Promise<T>) {
    this.#look = look;
  }

  ask(): Promise<T> {
    if (this.#current === undefined) return this.#begin();
    this.#next ??= this.#after(this.#current);
    return this.#next;
  }

  async #after(current: Promise<T>): Promise<T> {
    await Promise.allSettled([current]);
    this.#next = undefined;
    return this.#begin();
  }

  #begin(): Promise<T> {
    const looking = this.#look().finally(() => {
      if (this.#current === looking) this.#current = undefined;
    });
    this.#current = looking;
    return looking;
  }
}
