package io.pilothouse.tasks.fetch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.HostileServer;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What servers answer to who fetches from them, and URIs that frameworks write. */
class AnswersFuzzTest {
  private static final int MOST = 100_000;

  private static final FetchLimits LIMITS =
      new FetchLimits(
          MOST,
          1 << 20,
          100,
          0,
          Duration.ofSeconds(5),
          Duration.ofSeconds(20),
          Duration.ofMinutes(1),
          2,
          Duration.ZERO);

  @TempDir Path dir;

  private static String answer(String head, String body) {
    return "HTTP/1.1 " + head + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void ofServers() throws Exception {
    Path to = dir.resolve("download");
    try (HostileServer server = new HostileServer()) {
      Item item =
          Item.of(
              CommandInfo.URI
                  .newBuilder()
                  .setValue("http://u:p@127.0.0.1:" + server.port() + "/a?q")
                  .build());
      both(
          Fuzz.of("fetch-answers")
              .sound(answer("200 OK\r\nETag: \"a\"\r\nLast-Modified: x", "the content"))
              .sound("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n")
              .likely(
                  java.util.List.of(
                      answer("206 Partial\r\nContent-Range: bytes 3-9/10", "content")
                          .getBytes(ISO_8859_1),
                      answer("304 Not Modified", "").getBytes(ISO_8859_1),
                      answer("302 Found\r\nLocation: http://127.0.0.1:1/b", "")
                          .getBytes(ISO_8859_1),
                      answer("404 Not Found", "no").getBytes(ISO_8859_1),
                      answer("401 No\r\nWWW-Authenticate: Basic realm=x", "").getBytes(ISO_8859_1)))
              .tokens("\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "Transfer-Encoding: chunked\r\n")
              .tokens("Content-Length: 9223372036854775807\r\n", "Content-Length: -1\r\n", "\0")
              .tokens("Location: http://127.0.0.1:99999/\r\n", "Location: //x@y@z/\r\n", "\u00ff")
              .tokens("Location: http:\r\n", "Location: /b\r\n", "Content-Encoding: gzip\r\n", "%")
              .tokens("ETag: W/\"x\"\r\n", "\u001b[31m", "HTTP/1.1 307 X\r\n", "HTTP/1.1 503 X\r\n")
              .inputs(600)
              .allocating(8 << 20, 2_000)
              .run(
                  input -> {
                    server.answers(input);
                    Files.deleteIfExists(to);
                    Validator known =
                        input.length % 2 == 0 ? Validator.NONE : new Validator("\"a\"", "x");
                    try {
                      new HttpSource(item, LIMITS).get(to, known);
                      return true;
                    } catch (FetchException e) {
                      Wording.check(e.getMessage());
                      assertThat(e.getMessage()).doesNotContain("u:p");
                      return false;
                    } finally {
                      assertThat(Files.exists(to) ? Files.size(to) : 0).isLessThanOrEqualTo(MOST);
                    }
                  }));
    }
  }

  @Test
  void urisOfFrameworks() {
    both(
        Fuzz.of("fetched-uris")
            .sound(
                "http://user:password@host:8080/dir/file.tar.gz?query=1#fragment",
                "https://[::1]/a#sha256=" + "0123456789abcdef".repeat(4),
                "file:///etc/hosts",
                "file://localhost/etc/hosts",
                "/opt/x.zip")
            .tokens("://", "@", "#sha256=", "..", "%00", "%zz", "\0", "\u00ff", "\u001b", "\\", "'")
            .tokens("?", "#", "[", "]", ":", "//", "stdout", "hdfs", " ", "\n", "\u00e4")
            .inputs(10_000)
            .allocating(1 << 20, 500)
            .run(
                input -> {
                  CommandInfo.URI uri =
                      CommandInfo.URI
                          .newBuilder()
                          .setValue(new String(input, java.nio.charset.StandardCharsets.UTF_8))
                          .build();
                  try {
                    Item item = Item.of(uri);
                    Wording.check(item.shown());
                    assertThat(item.name().isAbsolute() || item.name().startsWith("..")).isFalse();
                    return true;
                  } catch (FetchException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }

  @Test
  void whereItIsSentTo() throws Exception {
    try (HostileServer server = new HostileServer()) {
      Item item = Item.of(uri("http://127.0.0.1:" + server.port() + "/a"));
      server.answers(
          answer("302 Found\r\nLocation: http://127.0.0.1:99999/b", "").getBytes(ISO_8859_1));
      assertThat(refusal(item)).contains("HTTP status 302 redirects it to no http or https URI");
    }
  }

  @Test
  void aHeaderThatTheJdkCannotReadIsARefusal() throws Exception {
    try (HostileServer server = new HostileServer()) {
      Item item = Item.of(uri("http://127.0.0.1:" + server.port() + "/a"));
      server.answers(
          answer("401 No\r\nWWW-Authenticate: Bas\0\0\u00ff\u00ffealm=8", "").getBytes(ISO_8859_1));
      assertThat(refusal(item)).contains("it answers with a header that cannot be read");
    }
  }

  private String refusal(Item item) throws IOException, InterruptedException {
    try {
      Optional<Validator> got = new HttpSource(item, LIMITS).get(dir.resolve("to"), Validator.NONE);
      return "none: " + got;
    } catch (FetchException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static CommandInfo.URI uri(String text) {
    return CommandInfo.URI.newBuilder().setValue(text).build();
  }

  @Test
  void aPathWithAnAtSignStaysAsItIs() throws Exception {
    try (Origin origin = new Origin()) {
      origin.has("/d//x@y", "content");
      Item item = Item.of(uri(origin.uri("/d//x@y")));
      Path to = dir.resolve("to");
      assertThat(new HttpSource(item, LIMITS).get(to, Validator.NONE)).isPresent();
      assertThat(to).hasContent("content");
    }
  }
}
