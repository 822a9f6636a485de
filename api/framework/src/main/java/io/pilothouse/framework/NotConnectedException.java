package io.pilothouse.framework;

/** There is no subscription now: the call was not sent. */
public final class NotConnectedException extends FrameworkException {
  private static final long serialVersionUID = 1L;

  NotConnectedException(String message) {
    super(message);
  }
}
