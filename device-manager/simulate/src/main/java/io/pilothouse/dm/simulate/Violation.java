package io.pilothouse.dm.simulate;

/** Something does not hold that must: an invariant by its name. */
public final class Violation extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String invariant;

  Violation(String invariant, String detail) {
    super(invariant + ": " + detail);
    this.invariant = invariant;
  }

  Violation(String invariant, String message, Throwable cause) {
    super(message, cause);
    this.invariant = invariant;
  }

  /** Which one. */
  public String invariant() {
    return invariant;
  }
}
