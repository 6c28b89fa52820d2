/**
 * One version of something that exists once: that is as the version is that was used last, and each of the others knows
 * by what one change it differs from the next on the way there. Going over to another version changes it along that
 * way and turns the way round (Baker, "Shallow binding makes functional arrays fast", 1991). Nearly all reading is of
 * one version in a row, and costs what it costs without versions; a version that nobody has any more is forgotten
 * like any other object.
 */
export abstract class Rerooted<Ground extends object, Change> {
  #at: Ground | Difference<Ground, Change>;

  constructor(ground: Ground) {
    this.#at = ground;
  }

  /** Makes the change; gives the one that takes it back. */
  protected abstract change(ground: Ground, change: Change): Change;

  /** What exists once, as it is in this version, until another one is used. */
  protected ground(): Ground {
    return this.#at instanceof Difference ? this.#reroot(this.#at) : this.#at;
  }

  /** Whether this version is the one that was used last. */
  protected get isGround(): boolean {
    return !(this.#at instanceof Difference);
  }

  /** Takes the ground over from another version, which differs from this one by one change. */
  protected follow(from: Rerooted<Ground, Change>, change: Change): void {
    const back = this.change(this.ground(), change);
    from.#at = new Difference(this, back);
  }

  #reroot(difference: Difference<Ground, Change>): Ground {
    const way: Difference<Ground, Change>[] = [];
    let at: Ground | Difference<Ground, Change> = difference;
    while (at instanceof Difference) {
      way.push(at);
      at = at.from.#at;
    }
    for (let step = way.pop(); step !== undefined; step = way.pop()) {
      const to = way.at(-1)?.from ?? this;
      to.#at = at;
      to.follow(step.from, step.change);
    }
    return at;
  }
}

/** What to change of another version to get this one. */
class Difference<Ground extends object, Change> {
  readonly from: Rerooted<Ground, Change>;
  readonly change: Change;

  constructor(from: Rerooted<Ground, Change>, change: Change) {
    this.from = from;
    this.change = change;
  }
}
