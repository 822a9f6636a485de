package io.pilothouse.watchdog;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Whether a machine answers on its agent's HTTP page. */
class HttpProbe {

  /** What is wrong, or empty. */
  Optional<String> problem(String address, Duration timeout) {
    if (address.isEmpty()) {
      return Optional.of("its address is not known yet");
    }
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create("http://" + address + "/health").toURL().openConnection();
      connection.setConnectTimeout((int) timeout.toMillis());
      connection.setReadTimeout((int) timeout.toMillis());
      connection.setUseCaches(false);
      try {
        connection.getResponseCode(); // any answer is a sign of life; what it says is others' job
        return Optional.empty();
      } finally {
        connection.disconnect();
      }
    } catch (IOException | IllegalArgumentException e) {
      return Optional.of("%s does not answer: %s".formatted(address, e.getMessage()));
    }
  }
}
