package io.pilothouse.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A Device Manager that gives prepared answers and remembers what it was asked. */
final class FakeDm implements AutoCloseable {

  /** One answer. */
  private record Answer(int status, ByteString body) {}

  /** One call. */
  private record Call(String method, ByteString body) {}

  private final HttpServer server;
  private final Map<String, Answer> answers = new HashMap<>();
  private final List<Call> calls = new ArrayList<>();

  FakeDm() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::serve);
    server.start();
  }

  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  FakeDm answers(String method, Message reply) {
    answers.put(method, new Answer(200, reply.toByteString()));
    return this;
  }

  /** Serves a page, {@code /metrics}. */
  FakeDm page(String path, String text) {
    answers.put(path.substring(1), new Answer(200, ByteString.copyFromUtf8(text)));
    return this;
  }

  FakeDm refuses(String method, int status, String code, String message) {
    answers.put(
        method,
        new Answer(
            status,
            ByteString.copyFromUtf8(
                "{\"code\":\"%s\",\"message\":\"%s\",\"remedy\":\"plan again\"}"
                    .formatted(code, message))));
    return this;
  }

  synchronized List<String> methods() {
    return calls.stream().map(Call::method).toList();
  }

  /** The last request of a method. */
  synchronized <M extends Message> M asked(String method, Parser<M> parser) {
    Call call =
        calls.stream()
            .filter(each -> each.method().equals(method))
            .reduce((a, b) -> b)
            .orElseThrow();
    try {
      return parser.parseFrom(call.body());
    } catch (InvalidProtocolBufferException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String method = path.substring(path.lastIndexOf('/') + 1);
    ByteString body = ByteString.readFrom(exchange.getRequestBody());
    Answer answer;
    synchronized (this) {
      calls.add(new Call(method, body));
      answer = answers.get(method);
    }
    if (answer == null) {
      exchange.sendResponseHeaders(404, -1);
    } else {
      exchange.sendResponseHeaders(answer.status(), answer.body().size());
      answer.body().writeTo(exchange.getResponseBody());
    }
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
