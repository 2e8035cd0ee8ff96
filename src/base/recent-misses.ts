/**
 * Which numbers were missed in a cache a short while ago: each is remembered in the one place that it leads to, until another takes it.
 * What is missed again so soon is worth a place in the cache; what is met at random among very many is not.
 */
export class RecentMisses {
  readonly #places: Float64Array;

  /** `places`: how many are remembered at most. */
  constructor(places: number) {
    this.#places = new Float64Array(places).fill(-1);
  }

  /** Notes that `id`, an integer from 0, was missed; whether it was a short while ago, too. */
  again(id: number): boolean {
    const at = id % this.#places.length;
    if (this.#places[at] === id) return true;
    this.#places[at] = id;
    return false;
  }
}
