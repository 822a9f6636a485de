package io.pilothouse.filesync.client;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/** Ways in which replicas fail. */
final class Faults {
  private Faults() {}

  private static boolean isChunk(HttpExchange exchange) {
    return exchange.getRequestURI().getPath().startsWith("/v1/chunks");
  }

  private static int from(HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    return range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
  }

  /** Sends every chunk with one bit turned. */
  static TestReplica.Fault flips() {
    return (exchange, bytes) -> {
      if (!isChunk(exchange)) {
        return false;
      }
      bytes[bytes.length / 2] ^= 1;
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
      return true;
    };
  }

  /** Sends an index that is a sound one, but not the one that was asked for. */
  static TestReplica.Fault lies(byte[] index) {
    return (exchange, bytes) -> {
      if (isChunk(exchange)) {
        return false;
      }
      exchange.sendResponseHeaders(200, index.length);
      exchange.getResponseBody().write(index);
      return true;
    };
  }

  /** Cuts each answer with a chunk at a random byte; each has at least one byte more. */
  static TestReplica.Fault cuts(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return (exchange, bytes) -> {
      if (!isChunk(exchange)) {
        return false;
      }
      send(exchange, bytes, random.nextInt(from(exchange), bytes.length) + 1);
      return true;
    };
  }

  /** Promises all that is left and sends what comes before {@code end}. */
  private static void send(HttpExchange exchange, byte[] bytes, int end) throws IOException {
    int from = from(exchange);
    if (from > 0) {
      exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-");
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
    exchange.getResponseBody().write(bytes, from, end - from);
    exchange.getResponseBody().flush();
  }

  /** Turns a bit, and cuts the connection after it. */
  static TestReplica.Fault flipsAndCuts() {
    return (exchange, bytes) -> {
      if (!isChunk(exchange)) {
        return false;
      }
      bytes[4] ^= 1; // behind the size in a pack
      send(exchange, bytes, Math.max(5, Math.min(bytes.length / 2, 300)));
      return true;
    };
  }

  /** Sends all of it whatever part was asked for. */
  static TestReplica.Fault ignoresRanges() {
    return (exchange, bytes) -> {
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
      return true;
    };
  }

  /** Sheds every request. */
  static TestReplica.Fault busy() {
    return (exchange, bytes) -> {
      exchange.sendResponseHeaders(503, -1);
      return true;
    };
  }

  /** Sends more than a chunk has. */
  static TestReplica.Fault neverEnds() {
    return (exchange, bytes) -> {
      if (!isChunk(exchange)) {
        return false;
      }
      exchange.sendResponseHeaders(200, 0);
      for (int i = 0; i < 100; i++) {
        exchange.getResponseBody().write(new byte[1 << 20]);
      }
      return true;
    };
  }

  /** Sends a byte now and then, for ever. */
  static TestReplica.Fault drips() {
    return (exchange, bytes) -> {
      if (!isChunk(exchange)) {
        return false;
      }
      exchange.sendResponseHeaders(200, bytes.length);
      for (byte each : bytes) {
        exchange.getResponseBody().write(each);
        exchange.getResponseBody().flush();
        LockSupport.parkNanos(10_000_000);
      }
      return true;
    };
  }
}
