package io.pilothouse.mesos.stream;

import java.net.URI;

/** A scheduler refused a subscription for what it is: to ask again would be in vain. */
public final class SubscriptionRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String text;

  SubscriptionRefusedException(URI at, int status, String text) {
    super("the scheduler at " + at.getAuthority() + " refuses the subscription");
    this.status = status;
    this.text = text;
  }

  /** HTTP's. */
  public int status() {
    return status;
  }

  /** The scheduler's own words; may be empty. */
  public String text() {
    return text;
  }
}
