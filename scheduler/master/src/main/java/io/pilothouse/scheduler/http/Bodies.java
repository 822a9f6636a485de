package io.pilothouse.scheduler.http;

import com.google.protobuf.Message;
import io.pilothouse.mesos.BadBodyException;
import io.pilothouse.mesos.MediaType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A call in a request's body. */
final class Bodies {
  static final String NOT_ACCEPTABLE =
      "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'";

  private Bodies() {}

  /** Null: it was answered. */
  static <M extends Message> @Nullable M read(Exchange exchange, M prototype) {
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
