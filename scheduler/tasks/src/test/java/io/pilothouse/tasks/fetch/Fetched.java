package io.pilothouse.tasks.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.CommandInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A fetcher, and the sandboxes that it fills. */
final class Fetched implements AutoCloseable {
  private static final long PATIENCE_S = 20;

  final Path disk;
  FetchLimits limits =
      new FetchLimits(
          1 << 20,
          1 << 20,
          100,
          1000,
          Duration.ofSeconds(5),
          Duration.ofSeconds(20),
          Duration.ofMinutes(5),
          3,
          Duration.ofMillis(1));
  private Optional<Fetcher> fetcher = Optional.empty();
  private int sandboxes;

  Fetched(Path disk) {
    this.disk = disk;
  }

  static CommandInfo.URI.Builder uri(String value) {
    return CommandInfo.URI.newBuilder().setValue(value);
  }

  private Fetcher fetcher() {
    if (fetcher.isEmpty()) {
      fetcher = Optional.of(new Fetcher(disk.resolve("fetch"), limits));
    }
    return fetcher.get();
  }

  /** The agent ends, and another begins. */
  void restarts() {
    close();
    fetcher = Optional.empty();
  }

  private Path sandbox() throws IOException {
    return Files.createTempDirectory(Files.createDirectories(disk), "sandbox");
  }

  /** One that is under way. */
  Fetching begin(CountDownLatch done, CommandInfo.URI.Builder... uris) throws IOException {
    return begin(sandbox(), done, uris);
  }

  Fetching begin(Path sandbox, CountDownLatch done, CommandInfo.URI.Builder... uris)
      throws IOException {
    List<CommandInfo.URI> all = Stream.of(uris).map(CommandInfo.URI.Builder::build).toList();
    return fetcher()
        .start(new Fetcher.Wanted("t", all, Optional.empty(), sandbox), done::countDown);
  }

  private Fetching over(Path sandbox, CommandInfo.URI.Builder... uris) throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    Fetching fetching = begin(sandbox, done, uris);
    assertThat(done.await(PATIENCE_S, TimeUnit.SECONDS)).as("is over").isTrue();
    assertThat(fetching.isDone()).isTrue();
    return fetching;
  }

  /** The sandbox that it is in then. */
  Path fetches(CommandInfo.URI.Builder... uris) throws Exception {
    Path sandbox = Files.createDirectories(disk.resolve("sandbox-" + sandboxes++));
    assertThat(over(sandbox, uris).failure()).isEmpty();
    leavesNothing();
    return sandbox;
  }

  /** Why it is not. */
  String fails(CommandInfo.URI.Builder... uris) throws Exception {
    Path sandbox = sandbox();
    Fetching fetching = over(sandbox, uris);
    leavesNothing();
    assertThat(sandbox).as("nothing of it").isEmptyDirectory();
    return fetching.failure().orElse("it does not fail");
  }

  void leavesNothing() throws IOException {
    assertThat(disk.resolve("fetch/work")).isEmptyDirectory();
  }

  List<Path> kept() throws IOException {
    try (Stream<Path> list = Files.list(disk.resolve("fetch/cache"))) {
      return list.sorted().toList();
    }
  }

  @Override
  public void close() {
    fetcher.ifPresent(Fetcher::close);
  }
}
