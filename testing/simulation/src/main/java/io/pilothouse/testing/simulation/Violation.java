package io.pilothouse.testing.simulation;

/** An invariant does not hold. */
public final class Violation extends AssertionError {
  private static final long serialVersionUID = 1;

  private final String invariant;

  /**
   * @param invariant its number and name
   */
  public Violation(String invariant, String detail) {
    super(invariant + ": " + detail);
    this.invariant = invariant;
  }

  /** With where it was found added. */
  private Violation(Violation cause, String where) {
    super(where, cause);
    this.invariant = cause.invariant;
  }

  /** The same, with where it was found. */
  public Violation in(String where) {
    return new Violation(this, where);
  }

  /** Number and name of what does not hold. */
  public String invariant() {
    return invariant;
  }
}
