package io.pilothouse.watchdog.checks;

import io.pilothouse.client.ServerAddress;
import io.pilothouse.watchdog.HttpProbe;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

/**
 * The clock of an HTTP server by the {@code Date} of its answer (RFC 9110, section 6.6.1). It is
 * cut to seconds, and was made at some moment between question and answer: bounds, no point.
 */
public final class HttpDate implements Clock.Asking {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final Optional<SSLSocketFactory> tls;

  /** Asks over connections of that kind; plain without. */
  public HttpDate(Optional<SSLSocketFactory> tls) {
    this.tls = tls;
  }

  @Override
  public Clock.Bounds ask(String source) throws IOException {
    ServerAddress address;
    try {
      address = ServerAddress.parse(source);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    Instant wall = Instant.now();
    long asked = System.nanoTime();
    String date =
        HttpProbe.get(address.host(), address.port(), "/health", TIMEOUT, tls)
            .header("Date")
            .orElseThrow(() -> new IOException("its answer has no Date"));
    double took = (System.nanoTime() - asked) / 1e9;
    try {
      Instant theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      double ahead = Duration.between(wall, theirs).toNanos() / 1e9;
      return new Clock.Bounds(ahead - took, ahead + 1);
    } catch (DateTimeException e) {
      throw new IOException("its Date is \"" + date + "\"", e);
    }
  }
}
