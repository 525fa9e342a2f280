/** What a change may be made to depend on. */
export interface Condition {
  /**
   * The `eTag` that the entity must still have, or `*`: it must be there. With another one the change is refused with
   * `ConditionNotMet`. semantics §14.2
   */
  ifMatch?: string;
}

/** As a command carries it. */
export function conditionOf({ ifMatch }: Condition): Condition {
  return ifMatch === undefined ? {} : { ifMatch };
}

/** How an end is asked for. */
export interface Force {
  /** It does not wait until what runs has ended. semantics §2.4 */
  force?: boolean;
}

export function forceOf({ force = false }: Force): { force?: true } {
  return force ? { force } : {};
}
