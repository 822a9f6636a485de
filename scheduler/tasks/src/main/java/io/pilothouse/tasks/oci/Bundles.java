package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.tasks.fetch.FetchException;
import io.pilothouse.tasks.fetch.Fetcher;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The containers of a machine's tasks. Each is prepared on a thread of its own, which may take
 * minutes, and is run by whoever keeps the task's processes; what is left of it when those are gone
 * is one directory, which is removed.
 */
public final class Bundles implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Bundles.class);

  /** Images that are unpacked or copied at the same time; the rest wait. */
  private static final int AT_ONCE = 4;

  private static final Duration CLOSE = Duration.ofSeconds(2);
  private static final Duration LOOK_EVERY = Duration.ofMinutes(1);

  private final Path dir;
  private final ContainerSettings settings;
  private final Images images;
  private final Overlay overlay;
  private long lookedAt = System.nanoTime() - LOOK_EVERY.toNanos();
  private final Semaphore atOnce = new Semaphore(AT_ONCE);
  private final Set<Preparing> underWay = ConcurrentHashMap.newKeySet();

  /**
   * Makes nothing before a container is asked for.
   *
   * @param disk of the machine's tasks: {@code bundles} and {@code images} are below it
   */
  public Bundles(Path disk, ContainerSettings settings) {
    this.dir = disk.resolve("bundles");
    this.settings = settings;
    this.images = new Images(disk.resolve("images"), settings.images(), atOnce);
    this.overlay = new Overlay(dir);
  }

  private Bundle bundle(String container) {
    return new Bundle(dir.resolve(container));
  }

  private Optional<OciRuntime> runtime() {
    return OciRuntime.find(settings.programs());
  }

  /** Directories of the machine that containers may have. */
  public Set<Path> hostPaths() {
    return Set.copyOf(settings.hostPaths().get());
  }

  /**
   * Begins to prepare a container.
   *
   * @param image name of its image, or URI of an archive of it
   * @param fetcher of such
   * @param done called when it is over
   */
  public Preparing prepare(String container, String image, Fetcher fetcher, Runnable done) {
    Preparing preparing = new Preparing();
    underWay.add(preparing);
    Thread thread =
        // to unpack takes a processor for minutes; virtual threads would keep others from theirs
        Thread.ofPlatform()
            .daemon()
            .name("contain-" + container)
            .unstarted(
                () -> {
                  try {
                    prepare(bundle(container), image, new Download(fetcher), preparing);
                  } finally {
                    underWay.remove(preparing);
                    done.run();
                  }
                });
    preparing.by(thread);
    thread.start();
    return preparing;
  }

  private void prepare(Bundle bundle, String image, Download download, Preparing preparing) {
    boolean well = false;
    try {
      OciRuntime runtime =
          runtime()
              .orElseThrow(
                  () ->
                      new ImageException(
                          "this machine has nothing that runs containers: " + OciRuntime.PACKAGES));
      if (!RunAs.isRoot()) {
        throw new ImageException(
            "this agent is not root and can make no containers: start the agent as root");
      }
      make(bundle, runtime);
      Image found = images.get(image, download, id -> claim(bundle, id));
      atOnce.acquire(); // where there is no overlayfs it copies
      try {
        overlay.prepare(bundle, found);
      } finally {
        atOnce.release();
      }
      preparing.done(new Prepared(bundle, found, runtime));
      well = true;
    } catch (InterruptedException e) {
      preparing.failed("it was given up");
    } catch (IOException | RuntimeException e) {
      preparing.failed(words(image, e));
    } catch (Error e) {
      preparing.failed("Could not prepare the image: " + e);
      throw e; // nobody else would ever say so
    } finally {
      if (!well || preparing.isCancelled()) {
        drop(bundle);
      }
    }
  }

  private static String words(String name, Exception e) {
    String image = Download.isUri(name) ? "of a URI" : "'" + name + "'"; // which may hold a secret
    if (e instanceof ImageException || e instanceof FetchException) {
      return String.valueOf(e.getMessage());
    }
    return e instanceof IOException io && DiskFull.is(io)
        ? "Could not prepare the image %s: the machine's disk is full".formatted(image)
        : "Could not prepare the image %s: %s".formatted(image, e);
  }

  private void drop(Bundle bundle) {
    try {
      DurableFiles.deleteTree(bundle.dir());
    } catch (IOException e) {
      log.warn("{} is removed when the agent starts again: {}", bundle.dir(), e.toString());
    }
  }

  private void make(Bundle bundle, OciRuntime runtime) throws IOException {
    Files.createDirectories(dir);
    // variables of tasks are there, and programs that only their container may see
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
    DurableFiles.deleteTree(bundle.dir()); // of an agent before this one
    Files.createDirectory(bundle.dir());
    Files.writeString(bundle.program(), runtime.program().toString());
  }

  /** The one that a container was made for; another may have been installed since. */
  private static Optional<OciRuntime> runtime(Bundle bundle) throws IOException {
    Optional<String> program = text(bundle.program());
    return program.map(Path::of).filter(Files::isExecutable).map(OciRuntime::of);
  }

  private static void claim(Bundle bundle, String id) throws IOException {
    DurableFiles.replace(bundle.image(), id.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether the container was made, and its program ran. */
  public boolean isMade(String container) {
    return Files.exists(bundle(container).pid());
  }

  /** Where it writes over its image's files; empty where all of those are a copy of its own. */
  public Optional<Path> written(String container) {
    return Optional.of(bundle(container).upper()).filter(Files::isDirectory);
  }

  /** Why the runtime could not make it, in its words. */
  public String reason(String container) throws IOException {
    Bundle bundle = bundle(container);
    return runtime(bundle).map(OciRuntime::name).orElse("its runtime, which is gone")
        + ": "
        + OciRuntime.reason(bundle);
  }

  /** Runs one more process in a container, which {@link #describe} describes. */
  public List<String> exec(String container) throws IOException {
    Bundle bundle = bundle(container);
    return runtime(bundle)
        .orElseThrow(() -> new ImageException("it has no runtime any more: " + OciRuntime.PACKAGES))
        .exec(bundle);
  }

  /**
   * Such a process, for its standard input.
   *
   * @param variables beside those that the container's first program was started with
   */
  public String describe(String container, List<String> words, Map<String, String> variables)
      throws IOException {
    return RuntimeConfig.beside(bundle(container), words, variables);
  }

  /**
   * Removes what is left of a container once none of its processes runs; nothing if there is none.
   *
   * @param removal takes the directory away
   */
  public void remove(String container, Removal removal) throws IOException, InterruptedException {
    Bundle bundle = bundle(container);
    if (!bundle.isThere()) {
      return;
    }
    Optional<OciRuntime> runtime = runtime(bundle);
    if (runtime.isPresent() && knows(bundle)) {
      try {
        runtime.get().delete(bundle);
      } catch (IOException e) {
        log.warn("{} goes all the same: {}", bundle.dir(), e.toString()); // nothing of it runs
      }
    }
    Optional<String> image = text(bundle.image());
    removal.of(bundle.dir());
    if (image.isPresent()) {
      images.used(image.get());
    }
  }

  /** Whether its runtime did not see to its end: then it has not forgotten it. */
  private static boolean knows(Bundle bundle) throws IOException {
    if (!Files.isDirectory(bundle.state())) {
      return false;
    }
    try (Stream<Path> list = Files.list(bundle.state())) {
      return list.findAny().isPresent();
    }
  }

  private static Optional<String> text(Path file) throws IOException {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Removes all but these; what an agent before this one left. */
  public void retain(Set<String> containers, Removal removal)
      throws IOException, InterruptedException {
    for (String each : all()) {
      if (!containers.contains(each)) {
        remove(each, removal);
      }
    }
  }

  private List<String> all() throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(dir)) {
      return list.filter(Files::isDirectory).map(each -> each.getFileName().toString()).toList();
    }
  }

  /** Removes images that nobody uses and did not for long; looks once a minute. */
  public void round(Instant now, Removal removal) throws IOException {
    if (System.nanoTime() - lookedAt >= LOOK_EVERY.toNanos()) {
      lookedAt = System.nanoTime();
      images.collect(this::used, now, removal);
    }
  }

  private Set<String> used() throws IOException {
    Set<String> used = new HashSet<>();
    for (String each : all()) {
      text(bundle(each).image()).ifPresent(used::add);
    }
    return used;
  }

  /** For the status page. */
  public String describe() {
    try {
      return "%d containers, %d images, %s"
          .formatted(
              all().size(),
              images.count(),
              runtime().map(each -> each.program().toString()).orElse("no runtime"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Gives up all that is under way, and waits a little for it; the next agent begins it anew. */
  @Override
  public void close() {
    List<Preparing> left = new ArrayList<>(underWay);
    left.forEach(Preparing::cancel);
    left.forEach(each -> each.awaitEnd(CLOSE));
  }
}
