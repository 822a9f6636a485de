package io.pilothouse.tasks.fetch;

import static io.pilothouse.tasks.fetch.Fetched.uri;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.Sha256;
import io.pilothouse.mesos.v1.CommandInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of servers and of the machine, and what servers do wrong. */
class DownloadsTest {
  private static final byte[] CONTENT =
      "0123456789".repeat(10_000).getBytes(StandardCharsets.UTF_8);

  @TempDir private Path disk;
  private Fetched fetched;
  private Origin origin;

  @BeforeEach
  void open() throws Exception {
    fetched = new Fetched(disk);
    origin = new Origin();
  }

  @AfterEach
  void close() {
    fetched.close();
    origin.close();
  }

  private CommandInfo.URI.Builder at(String path) {
    return uri(origin.uri(path));
  }

  private static FetchLimits withStall(FetchLimits limits, Duration stall) {
    return new FetchLimits(
        limits.file(),
        limits.unpacked(),
        limits.members(),
        limits.cache(),
        limits.connect(),
        stall,
        limits.whole(),
        limits.tries(),
        limits.pause());
  }

  @Test
  void filesComeUnderTheirNamesOrOthersAndMayBeExecutable() throws Exception {
    origin.has("/a/plain.txt", "hi");
    origin.has("/run", "#!/bin/sh\n");
    origin.has("/b", "named");

    Path sandbox =
        fetched.fetches(
            at("/a/plain.txt"),
            at("/run").setExecutable(true),
            at("/b").setOutputFile("conf/b.conf"));

    assertThat(sandbox.resolve("plain.txt")).hasContent("hi");
    assertThat(sandbox.resolve("conf/b.conf")).hasContent("named");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sandbox.resolve("run"))))
        .isEqualTo("rwxr-xr-x");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(sandbox.resolve("plain.txt"))))
        .isEqualTo("rw-r--r--");
  }

  @Test
  void filesOfTheMachineAreCopied() throws Exception {
    Path file = Files.writeString(disk.resolve("here#1.txt"), "of the machine");

    Path sandbox =
        fetched.fetches(uri("file://" + file), uri(file.toString()).setOutputFile("again"));

    assertThat(sandbox.resolve("here#1.txt")).hasContent("of the machine");
    assertThat(sandbox.resolve("again")).hasContent("of the machine");
    assertThat(fetched.fails(uri("file:///not/there")))
        .startsWith("Could not fetch 'file:///not/there': there is no such file on this machine");
    assertThat(fetched.fails(uri(disk.toString()).setOutputFile("d"))).contains("it is no file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "relative/path | it is neither a URI nor an absolute path",
        "file://relative | File URI only supports absolute paths",
        "hdfs://h/x | this agent fetches http, https, file and absolute paths, not hdfs",
        "ftp://h/x | not ftp",
        "http://h/a\\b | Illegal characters in URI",
        "http://host | Malformed URI (missing path)",
        "http://host/ | Malformed URI (missing path)",
        "http:///x | it names no host",
        "http://host/a b | it is no URI",
        "http://host/stdout | stdout is what the command writes",
        "http://host/x#sha256=12 | its checksum has to be #sha256= and 64 hex digits",
      })
  void whatCanNeverBeFetchedIsRefusedAtOnce(String value, String why) {
    assertThatThrownBy(() -> fetched.begin(new CountDownLatch(1), uri(value)))
        .isInstanceOf(FetchException.class)
        .hasMessageStartingWith("Could not fetch '")
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({"../up", "/abs", "a/../../up", "."})
  void anOutputFileIsWithinTheSandbox(String name) {
    assertThatThrownBy(() -> fetched.begin(new CountDownLatch(1), at("/x").setOutputFile(name)))
        .hasMessageContaining("URI output file must be within the sandbox directory");
  }

  @Test
  void aDownloadThatBreaksOffGoesOnWhereItDid() throws Exception {
    AtomicInteger times = new AtomicInteger();
    origin.answers(
        "/big",
        exchange -> {
          exchange.getResponseHeaders().set("ETag", "\"one\"");
          boolean first = times.getAndIncrement() == 0;
          Origin.send(exchange, CONTENT, first ? 60_000 : CONTENT.length);
        });

    Path sandbox = fetched.fetches(at("/big"));

    assertThat(sandbox.resolve("big")).hasBinaryContent(CONTENT);
    assertThat(origin.requests).hasSize(2);
    assertThat(origin.requests.get(1)).startsWith("/big Range: bytes=");
  }

  @Test
  void aServerWithoutRangesIsAskedForAllOfItAgain() throws Exception {
    AtomicInteger times = new AtomicInteger();
    origin.answers(
        "/big",
        exchange -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          int bytes = times.getAndIncrement() == 0 ? 100 : CONTENT.length;
          exchange.getResponseBody().write(CONTENT, 0, bytes);
        });

    assertThat(fetched.fetches(at("/big")).resolve("big")).hasBinaryContent(CONTENT);
    assertThat(origin.requests).containsExactly("/big", "/big");
  }

  @Test
  void oneThatBreaksOffEachTimeFailsAndNothingOfItIsSeen() throws Exception {
    origin.answers("/big", exchange -> Origin.send(exchange, CONTENT, 100));

    assertThat(fetched.fails(at("/big")))
        .isEqualTo(
            "Could not fetch '%s': it broke off after 100 of 100000 bytes, 3 times: is its server"
                    .formatted(origin.uri("/big"))
                + " up, and can this machine reach it?");
  }

  @Test
  void whatWillNotPassIsToldAtOnceAndWhatMayIsTriedAgain() throws Exception {
    AtomicInteger times = new AtomicInteger();
    origin.answers(
        "/busy",
        exchange -> exchange.sendResponseHeaders(times.getAndIncrement() < 2 ? 503 : 204, -1));
    origin.answers("/sick", exchange -> exchange.sendResponseHeaders(500, -1));
    origin.answers("/mine", exchange -> exchange.sendResponseHeaders(403, -1));

    assertThat(fetched.fails(at("/none"))).contains("HTTP status 404: put it there, or correct");
    assertThat(fetched.fails(at("/mine"))).contains("HTTP status 403: its server wants other");
    assertThat(fetched.fails(at("/sick"))).contains("HTTP status 500, 3 times");
    assertThat(fetched.fails(at("/busy"))).as("204 is no content").contains("HTTP status 204");
    assertThat(origin.requests)
        .containsExactly("/none", "/mine", "/sick", "/sick", "/sick", "/busy", "/busy", "/busy");
  }

  @Test
  void redirectsAreFollowedAndNotForEver() throws Exception {
    origin.has("/there", "here");
    origin.redirects("/moved", "/there");
    origin.redirects("/loop", "/loop");
    origin.redirects("/odd", "ftp://127.0.0.1/x");

    assertThat(fetched.fetches(at("/moved")).resolve("moved")).hasContent("here");
    assertThat(fetched.fails(at("/loop"))).contains("it is redirected more than 5 times");
    assertThat(fetched.fails(at("/odd"))).contains("redirects it to no http or https URI");
  }

  @Test
  void secretsGoToTheServerThatTheyAreForAndIntoNoMessage() throws Exception {
    try (Origin other = new Origin()) {
      other.has("/there", "here");
      origin.redirects("/moved", other.uri("/there"));
      String secret = "http://me:s3cret@127.0.0.1:" + origin.port();

      fetched.fetches(uri(secret + "/moved"));
      String why = fetched.fails(uri(secret + "/none?signature=abc"));

      assertThat(origin.requests.getFirst()).isEqualTo("/moved Authorization: Basic bWU6czNjcmV0");
      assertThat(other.requests).containsExactly("/there");
      assertThat(why)
          .contains("http://***@127.0.0.1", "/none?...", "404")
          .doesNotContain("s3cret", "signature=abc");
    }
  }

  @Test
  void aServerThatDoesNotGoOnIsGivenUp() throws Exception {
    fetched.limits = withStall(fetched.limits, Duration.ofMillis(200));
    origin.hangs("/slow");

    assertThat(fetched.fails(at("/slow"))).contains("it does not go on", "3 times");
  }

  @Test
  void whatIsTooLongIsNotFetchedToItsEnd() throws Exception {
    origin.answers(
        "/long",
        exchange -> {
          exchange.sendResponseHeaders(200, fetched.limits.file() + 1);
          exchange.getResponseBody().write(1);
          exchange.getResponseBody().flush();
        });
    origin.answers(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          while (true) {
            exchange.getResponseBody().write(CONTENT);
          }
        });
    Path zero = Path.of("/dev/zero");

    assertThat(fetched.fails(at("/long"))).contains("it has more than 1048576 bytes");
    assertThat(fetched.fails(at("/endless"))).contains("it has more than 1048576 bytes");
    assertThat(fetched.fails(uri(zero.toString()))).contains("it is no file");
  }

  @Test
  void aPipeInTheFilesPlaceKeepsNobodyForEver() throws Exception {
    fetched.limits = withStall(fetched.limits, Duration.ofMillis(50));
    Path file = Files.write(disk.resolve("file"), new byte[(int) fetched.limits.file() + 1]);
    Path pipe = disk.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path link = Files.createSymbolicLink(disk.resolve("link"), file);
    AtomicBoolean over = new AtomicBoolean();
    Thread swaps =
        Thread.ofPlatform()
            .start(
                () -> {
                  Path fresh = disk.resolve("fresh");
                  try {
                    for (int i = 0; !over.get(); i++) {
                      Files.createSymbolicLink(fresh, i % 2 == 0 ? pipe : file);
                      Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE);
                    }
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    try {
      boolean late = false;
      for (int i = 0; i < 200 && !late; i++) {
        late = fetched.fails(uri(link.toString())).contains("it could not be read in time");
      }
      assertThat(late).isTrue();
    } finally {
      over.set(true);
      swaps.join();
    }
  }

  @Test
  void aChecksumIsLookedAtBeforeAnythingIsSeen() throws Exception {
    origin.has("/x", "content");
    String right = Sha256.hex("content".getBytes(StandardCharsets.UTF_8));
    String wrong = "0".repeat(64);

    assertThat(fetched.fetches(at("/x#sha256=" + right)).resolve("x")).hasContent("content");
    assertThat(fetched.fails(at("/x#sha256=" + wrong), at("/x")))
        .isEqualTo(
            "Could not fetch '%s': it has the SHA-256 %s, expected was %s: correct the one behind"
                    .formatted(origin.uri("/x#sha256=" + wrong), right, wrong)
                + " #sha256=, or find out who changed the file");
    Path file = Files.writeString(disk.resolve("f"), "content");
    assertThat(fetched.fetches(uri(file + "#sha256=" + right)).resolve("f")).exists();
  }

  @Test
  void oneThatIsGivenUpEndsAtOnceAndLeavesNothing() throws Exception {
    origin.hangs("/slow");
    CountDownLatch done = new CountDownLatch(1);
    Fetching fetching = fetched.begin(done, at("/slow"));
    while (origin.requests.isEmpty()) {
      Thread.onSpinWait();
    }

    fetching.cancel();

    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(fetching.failure()).isPresent();
    fetched.leavesNothing();
  }
}
