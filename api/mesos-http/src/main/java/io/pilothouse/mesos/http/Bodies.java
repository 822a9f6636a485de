package io.pilothouse.mesos.http;

import com.google.protobuf.Message;
import io.pilothouse.mesos.BadBodyException;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.Parts;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is asked of every request with a call in its body. */
public final class Bodies {
  public static final String NOT_ACCEPTABLE =
      "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'";

  /** Parts of one body: a tenth of the memory, at the most. */
  private static final int MOST_PARTS =
      Math.clamp(Runtime.getRuntime().maxMemory() / 1024, 10_000, Integer.MAX_VALUE);

  private Bodies() {}

  /** Those that one body may have. */
  public static Parts parts() {
    return new Parts(MOST_PARTS);
  }

  /** False: it was answered. */
  public static boolean isPost(Exchange exchange) {
    if (exchange.method().equals("POST")) {
      return true;
    }
    exchange.text(
        405,
        "Expecting one of { 'POST' }, but received '" + exchange.method() + "'",
        Map.of("Allow", "POST"));
    return false;
  }

  /** Null: it was answered. */
  public static <M extends Message> @Nullable M read(Exchange exchange, M prototype) {
    return read(exchange, prototype, parts());
  }

  /**
   * The same.
   *
   * @param parts have counted, afterwards, what it holds
   */
  public static <M extends Message> @Nullable M read(Exchange exchange, M prototype, Parts parts) {
    Optional<String> header = exchange.header("Content-Type");
    if (header.isEmpty()) {
      exchange.text(400, "Expecting 'Content-Type' to be present");
      return null;
    }
    Optional<MediaType> type = MediaType.of(header.get());
    if (type.isEmpty()) {
      exchange.text(415, "Expecting 'Content-Type' of application/json or application/x-protobuf");
      return null;
    }
    try {
      return type.get().read(exchange.body(), prototype, "Call", parts);
    } catch (BadBodyException e) {
      exchange.text(400, e.getMessage());
      return null;
    }
  }
}
