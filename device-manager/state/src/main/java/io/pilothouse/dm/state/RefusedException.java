package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;

/**
 * How a rule deep inside a decision says no; {@link Apply} turns it into a typed reply and undoes
 * the draft. Never leaves this package's entry points.
 */
public final class RefusedException extends Exception {

  private final transient Refusal refusal;

  /**
   * Says no.
   *
   * @param message the offending value and what was expected
   * @param remedy what to do
   */
  public RefusedException(Refusal.Code code, String message, String remedy) {
    this(Refusal.newBuilder().setCode(code).setMessage(message).setRemedy(remedy).build());
  }

  RefusedException(Refusal refusal) {
    super(refusal.getMessage(), null, false, false);
    this.refusal = refusal;
  }

  public Refusal refusal() {
    return refusal;
  }
}
