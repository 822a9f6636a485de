package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fetches what commands name as their URIs: those of one command in order, several at once. */
public final class Fetcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Fetcher.class);

  /** Commands whose URIs are fetched at the same time; the rest wait. */
  private static final int AT_ONCE = 16;

  private static final Duration CLOSE = Duration.ofSeconds(2);

  private static final int EXECUTABLE = 0755;
  private static final int USUAL = 0644;

  private final Path dir;
  private final FetchLimits limits;
  private final Semaphore atOnce = new Semaphore(AT_ONCE);
  private final Set<Fetching> underWay = ConcurrentHashMap.newKeySet();
  private final ReentrantLock opening = new ReentrantLock();
  private volatile @Nullable Cache cache;

  /**
   * What is to be fetched.
   *
   * @param task it is for, in the log
   * @param user whom the command runs as; empty for this program's own
   * @param sandbox where it is to be when all of it is there and right; on the same disk, and
   *     nobody else's yet
   */
  public record Wanted(
      String task, List<CommandInfo.URI> uris, Optional<RunAs> user, Path sandbox) {}

  /**
   * Makes nothing before there is something to fetch.
   *
   * @param dir its own, on the disk of the sandboxes
   */
  public Fetcher(Path dir, FetchLimits limits) {
    this.dir = dir;
    this.limits = limits;
  }

  /**
   * Begins to fetch, and waits for nothing.
   *
   * @param done called when it is over
   * @throws FetchException when it cannot be done, in words for the framework
   */
  public Fetching start(Wanted wanted, Runnable done) throws IOException {
    List<Item> items = new ArrayList<>();
    for (CommandInfo.URI each : wanted.uris()) {
      items.add(Item.of(each));
    }
    Path work = dir.resolve("work").resolve(UUID.randomUUID().toString());
    Helper helper = new Helper();
    Thread[] self = new Thread[1];
    Fetching[] made = new Fetching[1];
    self[0] =
        Thread.ofVirtual()
            .name("fetch-" + wanted.task())
            .unstarted(
                () -> {
                  try {
                    run(items, wanted, work, helper, made[0]);
                  } finally {
                    underWay.remove(made[0]);
                    done.run();
                  }
                });
    made[0] = new Fetching(helper, self[0]);
    underWay.add(made[0]);
    self[0].start();
    return made[0];
  }

  /** All that one fetch needs. */
  private record Job(
      List<Item> items, Optional<RunAs> user, Path work, Helper helper, Cache cache) {}

  /** Removes what an agent before this one left, if nobody has yet: on a fetch's own thread. */
  private Cache open() throws IOException, InterruptedException {
    opening.lockInterruptibly();
    try {
      Cache now = cache;
      return now == null ? opened() : now;
    } finally {
      opening.unlock();
    }
  }

  private Cache opened() throws IOException {
    Files.createDirectories(dir);
    // what is fetched for one user is not for the others of the machine
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
    DurableFiles.deleteTree(dir.resolve("work"));
    Files.createDirectories(dir.resolve("work"));
    Cache now = new Cache(dir.resolve("cache"), limits.cache());
    cache = now;
    return now;
  }

  private void run(List<Item> items, Wanted wanted, Path work, Helper helper, Fetching fetching) {
    try {
      atOnce.acquire();
      try {
        Job job = new Job(items, wanted.user(), work, helper, open());
        Path root = Files.createDirectories(job.work().resolve("tree"));
        Tree tree = new Tree(root);
        Budget budget = new Budget(limits);
        for (Item each : job.items()) {
          fetch(each, job, tree, budget);
        }
        Optional<Integer> uid = job.user().flatMap(RunAs::uid);
        if (uid.isPresent()) {
          tree.give(uid.get()); // here and not where it is moved: it may be a million files
        }
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        tree.moveInto(wanted.sandbox()); // it may be a million names
        fetching.done();
      } finally {
        atOnce.release();
      }
    } catch (InterruptedException e) {
      fetching.failed("it was given up");
    } catch (IOException | RuntimeException e) {
      fetching.failed(words(e));
    } catch (Error e) {
      fetching.failed("Could not fetch URIs: " + e); // nobody else would ever say so
      throw e;
    } finally {
      remove(work);
    }
  }

  private static String words(Exception e) {
    if (e instanceof FetchException) {
      return String.valueOf(e.getMessage());
    }
    return e instanceof IOException io && DiskFull.is(io)
        ? "Could not fetch URIs: the machine's disk is full"
        : "Could not fetch URIs: " + e;
  }

  private static void remove(Path work) {
    try {
      DurableFiles.deleteTree(work);
    } catch (IOException e) {
      log.warn("{} is removed when the agent starts again: {}", work, e.toString());
    }
  }

  private void fetch(Item item, Job job, Tree tree, Budget budget)
      throws IOException, InterruptedException {
    Source source =
        item.remote().isPresent()
            ? new HttpSource(item, limits)
            : new LocalSource(item, limits, job.user(), job.helper());
    Unpacking unpacking = new Unpacking(tree, budget, job.helper(), job.user());
    boolean archive = item.unpack() && Unpacking.isArchive(item.name().getFileName());
    if (item.cached() && limits.cache() > 0) {
      String user = job.user().map(RunAs::user).orElse("");
      job.cache()
          .use(
              item,
              source,
              item.key(user),
              job.work(),
              content -> {
                if (archive) {
                  unpacking.unpack(item, content);
                } else {
                  put(item, content, tree);
                }
              });
      DurableFiles.deleteTree(job.work().resolve("download"));
      return;
    }
    Path to = job.work().resolve("download");
    source.get(to, Validator.NONE);
    if (item.sha256().isPresent()) {
      Checksums.check(item, Sha256.hex(to));
    }
    if (archive) {
      unpacking.unpack(item, to);
    }
    try {
      tree.take(item.name().toString(), rights(item), to);
    } catch (FetchException e) {
      throw new FetchException(item, String.valueOf(e.getMessage()));
    }
  }

  private static void put(Item item, Path content, Tree tree) throws IOException {
    try (InputStream in = Files.newInputStream(content)) {
      tree.file(item.name().toString(), rights(item), in);
    } catch (FetchException e) {
      throw new FetchException(item, String.valueOf(e.getMessage()));
    }
  }

  private static int rights(Item item) {
    return item.executable() ? EXECUTABLE : USUAL;
  }

  /** What is kept, for the status page. */
  public String describe() {
    Cache now = cache;
    return now == null ? "" : now.describe();
  }

  /** Gives up all that is under way, and waits a little for it; the next agent begins it anew. */
  @Override
  public void close() {
    List<Fetching> left = List.copyOf(underWay);
    left.forEach(Fetching::cancel);
    left.forEach(each -> each.isOverWithin(CLOSE));
  }
}
