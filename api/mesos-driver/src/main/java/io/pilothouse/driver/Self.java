package io.pilothouse.driver;

import java.io.IOException;
import java.util.Collection;

/**
 * What a framework says of itself, as often as it subscribes.
 *
 * @param info FrameworkInfo
 * @param beside what stands beside it in SUBSCRIBE and UPDATE_FRAMEWORK: roles that are suppressed,
 *     constraints on offers
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Self(byte[] info, byte[] beside) {
  private static final int USER = 1;
  private static final int ID = 3;
  private static final int HOSTNAME = 7;

  /**
   * With what the native driver fills in: without a user, that of this process; without a hostname,
   * that of this machine.
   *
   * @param constraints OfferConstraints; may be empty
   */
  public static Self of(
      byte[] info,
      Collection<String> suppressedRoles,
      byte[] constraints,
      String user,
      String hostname) {
    Fields fields = read(info);
    Message more = new Message().fields(info);
    if (fields.text(USER).isEmpty()) {
      more.text(USER, user);
    }
    if (fields.text(HOSTNAME).isEmpty() && !hostname.isEmpty()) {
      more.text(HOSTNAME, hostname);
    }
    Message beside = new Message();
    suppressedRoles.forEach(each -> beside.text(2, each));
    if (constraints.length > 0) {
      beside.bytes(3, constraints);
    }
    return new Self(more.toBytes(), beside.toBytes());
  }

  /** FrameworkID of an earlier run; empty if it has none. */
  byte[] id() {
    return read(info).bytes(ID);
  }

  /** Body of SUBSCRIBE and UPDATE_FRAMEWORK. */
  Message body(byte[] framework) {
    Message me = new Message().fields(info);
    if (framework.length > 0) {
      me.bytes(ID, framework);
    }
    return new Message().message(1, me).fields(beside);
  }

  private static Fields read(byte[] info) {
    try {
      return Fields.of(info);
    } catch (IOException e) {
      throw new IllegalArgumentException("FrameworkInfo cannot be read: " + e.getMessage(), e);
    }
  }
}
