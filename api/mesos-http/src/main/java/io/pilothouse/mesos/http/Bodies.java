package io.pilothouse.mesos.http;

import com.google.protobuf.Message;
import io.pilothouse.mesos.BadBodyException;
import io.pilothouse.mesos.MediaType;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is asked of every request with a call in its body. */
public final class Bodies {
  public static final String NOT_ACCEPTABLE =
      "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'";

  private Bodies() {}

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
      return type.get().read(exchange.body(), prototype, "Call");
    } catch (BadBodyException e) {
      exchange.text(400, e.getMessage());
      return null;
    }
  }
}
