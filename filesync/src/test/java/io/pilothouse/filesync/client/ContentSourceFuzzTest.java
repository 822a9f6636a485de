package io.pilothouse.filesync.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.HostileServer;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import io.pilothouse.tls.HttpConnections;
import io.pilothouse.tls.Peers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of a source that lies: taken, or refused in words that can go into a log. */
class ContentSourceFuzzTest {
  private static final byte[] BYTES = "the bytes of a chunk".getBytes(ISO_8859_1);
  private static final Chunk CHUNK = new Chunk(Sha256.hex(BYTES), BYTES.length);
  private static final Chunk OTHER = new Chunk("a".repeat(64), 70_000);
  private static final int BUFFER = 1 << 20;

  private static ContentSource source(HostileServer server) {
    return new ContentSource(
        "127.0.0.1:" + server.port(),
        HttpConnections.to(Peers.DEVICE_MANAGER, Optional.empty()),
        new Limits(TransferClass.of(null), List.of()),
        Patience.USUAL,
        Duration.ofSeconds(20),
        Duration.ZERO);
  }

  private static byte[] answer(String head, byte[] body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(
        (head + "\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes(ISO_8859_1));
    bytes.writeBytes(body);
    return bytes.toByteArray();
  }

  private static Fuzz answers(String name, byte[] body) {
    return Fuzz.of(name)
        .sound(answer("HTTP/1.1 200 OK", body))
        .tokens("\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "Transfer-Encoding: chunked\r\n", "\0")
        .tokens("HTTP/1.1 503 Busy\r\n", "HTTP/1.1 206 Partial Content\r\n", "\u001b[31m")
        .tokens("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno\nchunk\u0007")
        .tokens(
            "Location: http://127.0.0.1:1/\r\n", "\u00ff\u00ff\u00ff\u00fe", "Set-Cookie: a=b\r\n")
        .tokens("WWW-Authenticate: Basic\r\n", "HTTP/1.1 401 No\r\n", "Content-Encoding: gzip\r\n")
        .inputs(400);
  }

  @Test
  void packs() throws IOException {
    try (HostileServer server = new HostileServer()) {
      ContentSource source = source(server);
      byte[] body =
          ByteBuffer.allocate(2 * Integer.BYTES + BYTES.length)
              .putInt(BYTES.length)
              .put(BYTES)
              .putInt(-1)
              .array();
      byte[] buffer = new byte[BUFFER];
      Summary summary =
          answers("hostile-pack", body)
              .run(
                  input -> {
                    server.answers(input);
                    try {
                      source.pack(List.of(CHUNK, OTHER), receiver(buffer));
                      return true;
                    } catch (IOException e) {
                      Wording.check(Sources.text(e));
                      return false;
                    }
                  });
      assertThat(summary.refused()).as(summary.toString()).isPositive();
    }
  }

  private static ContentSource.PackReceiver receiver(byte[] buffer) {
    return new ContentSource.PackReceiver() {
      @Override
      public byte[] begins() {
        return buffer;
      }

      @Override
      public void came(ByteBuffer chunk) {
        assertThat(chunk.remaining()).isBetween(1, BUFFER);
      }

      @Override
      public void absent() {}

      @Override
      public void soon() {}

      @Override
      public void cut(ByteBuffer beginning) {
        assertThat(beginning.remaining()).isBetween(0, OTHER.size());
      }
    };
  }

  @Test
  void files(@TempDir Path dir) throws IOException {
    Path partial = dir.resolve("partial");
    try (HostileServer server = new HostileServer()) {
      ContentSource source = source(server);
      Summary summary =
          answers("hostile-file", BYTES)
              .run(
                  input -> {
                    server.answers(input);
                    Files.deleteIfExists(partial);
                    if (input.length % 2 == 0) {
                      Files.write(partial, new byte[5]);
                    }
                    boolean taken = true;
                    try {
                      source.getInto("/v1/chunks/" + CHUNK.sha256(), partial, BYTES.length);
                    } catch (IOException e) {
                      Wording.check(Sources.text(e));
                      taken = false;
                    }
                    if (Files.exists(partial)) {
                      assertThat(Files.size(partial)).isLessThanOrEqualTo(BYTES.length);
                    }
                    return taken;
                  });
      assertThat(summary.refused()).as(summary.toString()).isPositive();
    }
  }
}
