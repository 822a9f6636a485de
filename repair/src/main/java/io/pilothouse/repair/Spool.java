package io.pilothouse.repair;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events for a ticket system, a file each, until it has taken them: a restart goes on with what is
 * there. What could not be delivered lies in {@code dead/}; moved back, it is sent again.
 */
final class Spool {
  private static final Logger log = LoggerFactory.getLogger(Spool.class);
  private static final String SUFFIX = ".json";

  /**
   * One that waits.
   *
   * @param key what it is about and what happened, the same at every attempt: {@code
   *     R-7/ticket.opened}
   */
  record Event(Path file, long createdAt, String key) {

    /** Events of one subject stay in their order. */
    String subject() {
      return key.substring(0, key.indexOf('/'));
    }
  }

  private final Path directory;
  private final Path dead;
  private final int most;
  private final Clock clock;
  private long lastNumber;

  /**
   * @param most that may wait, and that are kept dead
   */
  Spool(Path directory, int most, Clock clock) throws IOException {
    this.directory = directory;
    this.dead = directory.resolve("dead");
    this.most = most;
    this.clock = clock;
    Files.createDirectories(dead);
  }

  /**
   * On disk when it returns. An event whose key waits already is not added again; one too many is
   * put with the dead.
   */
  synchronized void add(String key, String json) throws IOException {
    List<Event> waiting = pending();
    if (waiting.stream().anyMatch(each -> each.key().equals(key))) {
      return;
    }
    long now = clock.millis();
    lastNumber = Math.max(lastNumber + 1, now);
    String name = "%013d-%013d-%s%s".formatted(lastNumber, now, key.replace('/', '~'), SUFFIX);
    boolean full = waiting.size() >= most;
    Path file = (full ? dead : directory).resolve(name);
    Path fresh = directory.resolve(name + ".new");
    Files.writeString(fresh, json);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    if (full) {
      log.error("{} events wait for the ticket system already; {} is put into {}", most, key, dead);
      trimDead();
    }
  }

  /** What waits, oldest first. */
  synchronized List<Event> pending() throws IOException {
    return list(directory);
  }

  /** The newest that could not be delivered, at most {@code limit}. */
  synchronized List<String> dead(int limit) throws IOException {
    List<Event> all = list(dead);
    return all.subList(Math.max(0, all.size() - limit), all.size()).stream()
        .map(Event::key)
        .toList();
  }

  synchronized int deadCount() throws IOException {
    return list(dead).size();
  }

  byte[] body(Event event) throws IOException {
    return Files.readAllBytes(event.file());
  }

  synchronized void delivered(Event event) throws IOException {
    Files.deleteIfExists(event.file());
  }

  /** Will not be tried again unless a person moves it back. */
  synchronized void giveUp(Event event) throws IOException {
    Files.move(
        event.file(),
        dead.resolve(event.file().getFileName()),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    trimDead();
  }

  private void trimDead() throws IOException {
    List<Event> all = list(dead);
    for (Event each : all.subList(0, Math.max(0, all.size() - most))) {
      log.error("{} is forgotten: {} hold {} undelivered events", each.key(), dead, most);
      Files.deleteIfExists(each.file());
    }
  }

  private static List<Event> list(Path directory) throws IOException {
    List<Event> events = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      files
          .sorted(Comparator.comparing(each -> each.getFileName().toString()))
          .forEach(each -> event(each).ifPresent(events::add));
    }
    return events;
  }

  private static Optional<Event> event(Path file) {
    String name = file.getFileName().toString();
    if (!name.matches("\\d{13}-\\d{13}-[^/]+~[^/]+\\.json")) {
      return Optional.empty();
    }
    String key = name.substring(28, name.length() - SUFFIX.length()).replace('~', '/');
    return Optional.of(new Event(file, Long.parseLong(name.substring(14, 27)), key));
  }
}
