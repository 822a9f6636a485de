package io.pilothouse.examples.index;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Requests taken apart, and answered. */
final class Http {
  private static final int MOST_HITS = 100;

  private Http() {}

  /** A query: its text, and how many hits are wanted. */
  record Query(String text, int most) {

    /**
     * Reads {@code ?q=TEXT&k=MOST}.
     *
     * @throws IllegalArgumentException says what is wrong
     */
    static Query of(HttpExchange exchange) {
      Map<String, String> given = parameters(exchange.getRequestURI().getRawQuery());
      String text = given.getOrDefault("q", "");
      if (text.isBlank()) {
        throw new IllegalArgumentException("what to look for is missing; write ?q=WORDS");
      }
      String most = given.getOrDefault("k", "10");
      if (!most.matches("[1-9][0-9]{0,2}") || Integer.parseInt(most) > MOST_HITS) {
        throw new IllegalArgumentException("k=" + most + " is not a number from 1 to " + MOST_HITS);
      }
      return new Query(text, Integer.parseInt(most));
    }

    String encoded() {
      return "q=" + URLEncoder.encode(text, StandardCharsets.UTF_8) + "&k=" + most;
    }
  }

  private static Map<String, String> parameters(@org.jspecify.annotations.Nullable String raw) {
    Map<String, String> parameters = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          parameters.put(
              pair.substring(0, equals),
              URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        }
      }
    }
    return parameters;
  }

  static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("content-type", type + "; charset=utf-8");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
