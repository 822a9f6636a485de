package io.pilothouse.dm.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.Machine;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine is who it says when it knows the key that it registered with, and it speaks of itself
 * only. What it may not is said in the log at WARN: someone holds another's name, or an agent runs
 * where it should not.
 */
final class MachineIdentity {

  private static final Logger log = LoggerFactory.getLogger(MachineIdentity.class);

  private MachineIdentity() {}

  /** Refuses a call that speaks of another machine than the caller. */
  static void requireOwn(String machine) {
    Principal principal = Caller.current().principal();
    if (!principal.name().equals(machine)) {
      throw denied(
          "%s may not speak of machine '%s'".formatted(principal, machine),
          "an agent reports for its own machine; check its --machine flag");
    }
  }

  /** SHA-256 of the key that the call carries. */
  static String requireKey() {
    Caller caller = Caller.current();
    String key = caller.key().orElse("");
    if (key.isEmpty()) {
      throw Refusals.of(
          Status.Code.UNAUTHENTICATED,
          caller.principal() + " sent no key",
          "an agent sends the key from its disk in the header pilot-key");
    }
    return sha256(key);
  }

  /** Refuses when the machine has a key and it is another one. */
  static void requireMatch(Machine machine, String keySha256) {
    boolean matches =
        MessageDigest.isEqual(
            machine.getKeySha256().getBytes(US_ASCII), keySha256.getBytes(US_ASCII));
    if (!machine.getKeySha256().isEmpty() && !matches) {
      throw denied(
          "the key of machine/%s is not the one it registered with".formatted(machine.getName()),
          "re-image or replace the machine: that clears its key");
    }
  }

  private static StatusRuntimeException denied(String message, String remedy) {
    log.warn("Denied to {}: {}", Caller.current().principal(), message);
    return Refusals.of(Status.Code.PERMISSION_DENIED, message, remedy);
  }

  static String sha256(String key) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(key.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
