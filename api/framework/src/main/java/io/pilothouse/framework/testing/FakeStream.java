package io.pilothouse.framework.testing;

import com.sun.net.httpserver.HttpExchange;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.RecordIo;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.io.IOException;
import java.io.OutputStream;

/** The answer to a SUBSCRIBE, which goes on. */
final class FakeStream {
  final String id;
  final String framework;
  private final HttpExchange exchange;
  private final MediaType type;
  private final OutputStream out;

  FakeStream(String id, String framework, HttpExchange exchange, MediaType type)
      throws IOException {
    this.id = id;
    this.framework = framework;
    this.exchange = exchange;
    this.type = type;
    exchange.getResponseHeaders().set("Content-Type", type.header());
    exchange.getResponseHeaders().set("Mesos-Stream-Id", id);
    exchange.sendResponseHeaders(200, 0);
    out = exchange.getResponseBody();
  }

  void send(Event event) throws IOException {
    bytes(RecordIo.frame(type.write(event)));
  }

  synchronized void bytes(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  synchronized void end() {
    exchange.close();
  }
}
