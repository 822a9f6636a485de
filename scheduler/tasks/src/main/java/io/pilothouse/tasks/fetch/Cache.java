package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Contents of URIs that are kept for the next who asks. Nobody but the agent can write them; who
 * uses one gets a copy. Those who ask for the same one at the same time wait for one download.
 */
final class Cache {
  private static final Logger log = LoggerFactory.getLogger(Cache.class);

  /** Uses a content as long as it is called. */
  interface Use {
    void of(Path content) throws IOException, InterruptedException;
  }

  private final Path dir;
  private final long most;

  /** Downloads of one URI come one after the other. */
  private final Map<String, ReentrantLock> locks = new ConcurrentHashMap<>();

  private final Map<String, Entry> entries = new HashMap<>();

  /** The latest use: counted, so that no jump of a clock makes the oldest of the newest. */
  private FileTime last = FileTime.fromMillis(0);

  /** By directory: how many use it now. */
  private final Map<Path, Integer> inUse = new HashMap<>();

  /** When each was last found to be as at its source (nanoTime). */
  private final Map<String, Long> asked = new HashMap<>();

  /**
   * What an agent before this one kept.
   *
   * @param most bytes of all
   */
  Cache(Path dir, long most) throws IOException {
    this.dir = dir;
    this.most = most;
    Files.createDirectories(dir);
    List<Path> all;
    try (Stream<Path> list = Files.list(dir)) {
      all = list.toList();
    }
    for (Path each : all) {
      Optional<Entry> entry = Entry.load(each);
      Entry other = entry.isPresent() ? entries.get(entry.get().key()) : null;
      if (entry.isEmpty() || (other != null && other.used().compareTo(entry.get().used()) > 0)) {
        DurableFiles.deleteTree(each);
      } else {
        entries.put(entry.get().key(), entry.get());
        last = Collections.max(List.of(last, entry.get().used()));
        if (other != null) {
          DurableFiles.deleteTree(other.dir());
        }
      }
    }
    evict();
  }

  /**
   * Has a content used: what is kept if it is still so at its source, else a fresh one.
   *
   * @param work directory on the same disk for what is being downloaded
   * @param key of the URI for its user
   */
  void use(Item item, Source source, String key, Path work, Use use)
      throws IOException, InterruptedException {
    ReentrantLock lock = locks.computeIfAbsent(key, any -> new ReentrantLock());
    long since = System.nanoTime();
    Optional<Entry> entry;
    Path alone = work.resolve("download");
    lock.lockInterruptibly();
    try {
      entry = current(item, source, key, alone, since);
    } finally {
      lock.unlock();
      if (!lock.hasQueuedThreads()) {
        locks.remove(key, lock); // who is just about to wait for it may download a second time
      }
    }
    if (entry.isEmpty()) {
      use.of(alone); // larger than all that may be kept
      return;
    }
    try {
      use.of(entry.get().content());
    } finally {
      unpin(entry.get());
    }
  }

  /** What to use, pinned; empty when it is at {@code to} and not kept. */
  private Optional<Entry> current(Item item, Source source, String key, Path to, long since)
      throws IOException, InterruptedException {
    Optional<Entry> known = pinned(key);
    boolean taken = false;
    try {
      if (known.isPresent() && isSo(item, known.get(), since)) {
        taken = true;
        return known;
      }
      boolean other =
          known.isPresent()
              && item.sha256().isPresent()
              && !item.sha256().get().equals(known.get().sha256());
      Validator ask = known.isEmpty() || other ? Validator.NONE : known.get().validator();
      Optional<Validator> fresh = source.get(to, ask);
      if (fresh.isEmpty()) {
        asked(key);
        taken = true;
        return known;
      }
      String sha256 = Sha256.hex(to);
      Checksums.check(item, sha256);
      if (Files.size(to) > most) {
        log.info("{} is larger than all that is kept of URIs, and is not kept", item.shown());
        return Optional.empty();
      }
      return Optional.of(put(Entry.make(to.resolveSibling("entry"), to, key, sha256, fresh.get())));
    } finally {
      if (known.isPresent() && !taken) {
        unpin(known.get());
      }
    }
  }

  private synchronized void asked(String key) {
    asked.put(key, System.nanoTime());
  }

  private synchronized Optional<Entry> pinned(String key) throws IOException {
    Optional<Entry> known = Optional.ofNullable(entries.get(key));
    if (known.isPresent()) {
      pin(known.get());
    }
    return known;
  }

  /** Whether a kept one needs no question: by its checksum, or since somebody has just asked. */
  private synchronized boolean isSo(Item item, Entry entry, long since) {
    if (item.sha256().isPresent()) {
      return item.sha256().get().equals(entry.sha256());
    }
    Long at = asked.get(entry.key());
    return at != null && at - since >= 0;
  }

  /** Keeps it, pinned. */
  private synchronized Entry put(Entry made) throws IOException {
    Entry entry = made.moved(dir.resolve(made.key() + "." + UUID.randomUUID()));
    DurableFiles.syncDirectory(dir);
    Optional<Entry> before = Optional.ofNullable(entries.put(entry.key(), entry));
    pin(entry);
    asked.put(entry.key(), System.nanoTime());
    if (before.isPresent() && !inUse.containsKey(before.get().dir())) {
      DurableFiles.deleteTree(before.get().dir());
    }
    evict();
    return entry;
  }

  private void pin(Entry entry) throws IOException {
    inUse.merge(entry.dir(), 1, Integer::sum);
    last = FileTime.fromMillis(last.toMillis() + 1);
    entry.use(last);
  }

  private synchronized void unpin(Entry entry) throws IOException {
    boolean last = inUse.merge(entry.dir(), -1, (a, b) -> a + b == 0 ? null : a + b) == null;
    if (last && !entry.equals(entries.get(entry.key()))) {
      DurableFiles.deleteTree(entry.dir());
    }
    evict();
  }

  /** Removes those that were not used for longest until all have room. */
  private synchronized void evict() throws IOException {
    long size = entries.values().stream().mapToLong(Entry::size).sum();
    while (size > most) {
      Optional<Entry> oldest =
          entries.values().stream()
              .filter(each -> !inUse.containsKey(each.dir()))
              .min(Comparator.comparing(Cache::used));
      if (oldest.isEmpty()) {
        return; // all are in use: looked at again when one is not
      }
      log.info("{} is removed from what is kept of URIs", oldest.get().dir());
      DurableFiles.deleteTree(oldest.get().dir());
      entries.remove(oldest.get().key());
      asked.remove(oldest.get().key());
      size -= oldest.get().size();
    }
  }

  private static FileTime used(Entry entry) {
    try {
      return entry.used();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes that are kept, and of how many URIs. */
  synchronized String describe() {
    long size = entries.values().stream().mapToLong(Entry::size).sum();
    return "%d of %d bytes, %d URIs".formatted(size, most, entries.size());
  }
}
