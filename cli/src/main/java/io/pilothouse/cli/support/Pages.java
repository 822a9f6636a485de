package io.pilothouse.cli.support;

import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Pages that every program serves. */
final class Pages {
  private final HttpConnections connections;

  Pages(HttpConnections connections) {
    this.connections = connections;
  }

  /**
   * The page's text, as much of it as a bundle takes.
   *
   * @param address {@code host:port}
   * @param within for the connection, and again for each part of the answer
   */
  String get(String address, String path, Duration within) throws IOException {
    HttpURLConnection connection = connections.open(address, path);
    int millis = (int) Math.max(1, within.toMillis());
    connection.setConnectTimeout(millis);
    connection.setReadTimeout(millis);
    try {
      if (connection.getResponseCode() != 200) {
        throw new IOException("HTTP " + connection.getResponseCode());
      }
      try (InputStream body = connection.getInputStream()) {
        return new String(body.readNBytes(Bundle.MOST_OF_ONE + 1), StandardCharsets.UTF_8);
      }
    } finally {
      connection.disconnect();
    }
  }
}
