package io.pilothouse.scheduler.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.mesos.http.Exchange;
import java.io.IOException;
import java.util.Optional;

/** {@code /files/*}: sandboxes as tools looked at them before there was a v1 API. */
final class FilePages {
  /** As much as Mesos gives at a time. */
  private static final int PIECE = 64 << 10;

  private static final int PERMISSIONS = 9;

  private final SandboxCalls files;
  private final Gate gate;

  FilePages(SandboxCalls files, Gate gate) {
    this.files = files;
    this.gate = gate;
  }

  void browse(Exchange exchange) {
    Optional<String> path = path(exchange);
    if (path.isEmpty()) {
      return;
    }
    files.ask(
        exchange,
        path.get(),
        SandboxRequest.newBuilder().setList(true),
        reply ->
            exchange.json(
                Pages.document(
                    json -> {
                      json.writeStartArray();
                      for (SandboxEntry each : reply.getEntriesList()) {
                        entry(json, below(path.get(), each), each);
                      }
                      json.writeEndArray();
                    })));
  }

  /** Below the directory that was asked for; a file that was asked for is itself. */
  static String below(String asked, SandboxEntry entry) {
    String directory = asked.replaceAll("/+$", "");
    return directory.endsWith("/" + entry.getName()) && !entry.getKind().equals("directory")
        ? directory
        : directory + "/" + entry.getName();
  }

  private static void entry(JsonGenerator json, String path, SandboxEntry entry)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("gid", entry.getGroup());
    json.writeStringField("mode", mode(entry));
    json.writeNumberField("mtime", entry.getModified() / 1000);
    json.writeStringField("path", path);
    json.writeNumberField("size", entry.getSize());
    json.writeStringField("uid", entry.getOwner());
    json.writeEndObject();
  }

  /** As ls(1) writes it: {@code -rw-r--r--}. */
  private static String mode(SandboxEntry entry) {
    StringBuilder mode =
        new StringBuilder(
            switch (entry.getKind()) {
              case "directory" -> "d";
              case "link" -> "l";
              default -> "-";
            });
    for (int i = PERMISSIONS - 1; i >= 0; i--) {
      mode.append((entry.getMode() & (1 << i)) == 0 ? '-' : "xwr".charAt(i % 3));
    }
    return mode.toString();
  }

  void read(Exchange exchange) {
    Optional<String> path = path(exchange);
    if (path.isEmpty()) {
      return;
    }
    long offset;
    long length;
    try {
      offset = number(exchange, "offset");
      length = number(exchange, "length");
    } catch (IllegalArgumentException e) {
      exchange.text(400, e.getMessage());
      return;
    }
    boolean onlySize = offset < 0;
    int most = length < 0 ? PIECE : (int) Math.min(length, PIECE);
    files.ask(
        exchange,
        path.get(),
        SandboxRequest.newBuilder().setOffset(Math.max(0, offset)).setLength(onlySize ? 0 : most),
        reply -> exchange.json(Pages.document(json -> piece(json, offset, reply))));
  }

  /** Without an offset, or beyond the end: where the end is. */
  private static void piece(JsonGenerator json, long offset, SandboxReply reply)
      throws IOException {
    boolean there = offset >= 0 && offset < reply.getSize();
    json.writeStartObject();
    json.writeStringField("data", reply.getData().toStringUtf8());
    json.writeNumberField("offset", there ? offset : reply.getSize());
    json.writeEndObject();
  }

  /** -1: not given, as in Mesos. */
  private static long number(Exchange exchange, String name) {
    Optional<String> said = exchange.parameter(name);
    if (said.isEmpty()) {
      return -1;
    }
    try {
      long number = Long.parseLong(said.get());
      if (number >= -1) {
        return number;
      }
      throw new IllegalArgumentException("Negative %s provided: %d".formatted(name, number));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "Failed to parse %s: '%s' is no number".formatted(name, said.get()), e);
    }
  }

  void download(Exchange exchange) {
    path(exchange).ifPresent(each -> new FileDownload(files, exchange, each).begin());
  }

  /** Empty: it was answered. */
  private Optional<String> path(Exchange exchange) {
    if (gate.pass(exchange) == null) {
      return Optional.empty();
    }
    Optional<String> path = exchange.parameter("path").filter(each -> !each.isEmpty());
    if (path.isEmpty()) {
      exchange.text(400, "Expecting 'path=value' in query.\n");
    }
    return path;
  }
}
