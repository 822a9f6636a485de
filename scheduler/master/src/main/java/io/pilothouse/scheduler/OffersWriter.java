package io.pilothouse.scheduler;

import io.pilothouse.api.v1.UpdateOffersRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.RequestIds;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.scheduler.core.Write;
import io.pilothouse.scheduler.loop.Loop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down in the Device Manager what the core wants kept: one request at a time, with all that
 * has gathered meanwhile, and says what is done. An answer that does not come is waited for no
 * longer than the lease: the request is sent again as it was; it says what is, so twice is once.
 *
 * <p>A request that is refused because something in it is wrong is halved until that one is alone:
 * it is given up, and nothing else with it. A token that is refused ends the core.
 */
final class OffersWriter {
  private static final Logger log = LoggerFactory.getLogger(OffersWriter.class);
  private static final int MOST_ITEMS = 1_000;
  private static final int MOST_BYTES = 1 << 20;

  /** Refusals that the same words will always get; others may pass. */
  private static final Set<String> WRONG =
      Set.of("INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "OUT_OF_RANGE");

  /** The Device Manager's leader. */
  interface DeviceManager {
    /**
     * Writes all of it, or nothing and says why.
     *
     * @param requestId the same when it is sent again
     */
    void update(UpdateOffersRequest request, String requestId);
  }

  private final HeldLease lease;
  private final DeviceManager dm;
  private final Loop loop;
  private volatile Runnable added = () -> {};

  private final Map<Key, Item> gathered = new LinkedHashMap<>();
  private final Deque<Batch> sending = new ArrayDeque<>();
  private long token;
  private long core;
  private long last;

  /** Of the core that is written for; answers to an earlier one's requests are nobody's. */
  private long generation;

  /** What a write is about: of the same, the newest counts. */
  private record Key(Class<?> kind, String id) {}

  private static final class Item {
    final List<Long> numbers = new ArrayList<>();
    Write what;

    Item(Write what) {
      this.what = what;
    }
  }

  private record Batch(long generation, List<Item> items, UpdateOffersRequest request, String id) {
    long first() {
      return items.getFirst().numbers.getFirst();
    }
  }

  OffersWriter(HeldLease lease, DeviceManager dm, Loop loop) {
    this.lease = lease;
    this.dm = dm;
    this.loop = loop;
  }

  /** Who is told that there is something to write. */
  void whenAdded(Runnable what) {
    added = what;
  }

  /**
   * A new core begins; its writes count from 1. On the loop's thread.
   *
   * @param leaseToken that it begins under
   * @param number of the core, as the Device Manager knows it
   */
  synchronized void begin(long leaseToken, long number) {
    end();
    token = leaseToken;
    core = number;
  }

  /** The core is gone, and what it wanted with it. */
  synchronized void end() {
    generation++;
    gathered.clear();
    sending.clear();
    last = 0;
  }

  void add(long number, Write what) {
    synchronized (this) {
      last = number;
      Item item = gathered.computeIfAbsent(key(what), k -> new Item(what));
      item.what = what;
      item.numbers.add(number);
    }
    added.run();
  }

  private static Key key(Write what) {
    return switch (what) {
      case Write.KeepFramework keep -> new Key(Write.KeepFramework.class, keep.framework().getId());
      case Write.EndFramework end -> new Key(Write.EndFramework.class, end.end().getId());
      // the machine's last word, whichever it is
      case Write.KeepAgent keep -> new Key(Write.KeepAgent.class, keep.agent().getMachine());
      case Write.ForgetMachine forget -> new Key(Write.KeepAgent.class, forget.machine());
      case Write.SayConsent say -> new Key(Write.SayConsent.class, say.consent().getMachine());
    };
  }

  synchronized int waiting() {
    return gathered.size() + sending.stream().mapToInt(each -> each.items().size()).sum();
  }

  /** Sends all there is. Throws what the Device Manager does not answer, to be tried again. */
  void round() {
    Optional<Batch> next = next();
    while (next.isPresent()) {
      send(next.get());
      next = next();
    }
  }

  private synchronized Optional<Batch> next() {
    if (!lease.token().equals(Optional.of(token))) {
      return Optional.empty();
    }
    if (sending.isEmpty() && !gathered.isEmpty()) {
      sending.add(batch(gather()));
    }
    return Optional.ofNullable(sending.peek());
  }

  /** The oldest; a framework that begins and ends is written as both, one after the other. */
  private List<Item> gather() {
    List<Item> items = new ArrayList<>();
    int bytes = 0;
    for (Iterator<Map.Entry<Key, Item>> all = gathered.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Key, Item> each = all.next();
      Item item = each.getValue();
      bytes += size(item.what);
      boolean full = items.size() == MOST_ITEMS || (bytes > MOST_BYTES && !items.isEmpty());
      if (full || (item.what instanceof Write.EndFramework end && begins(items, end))) {
        break;
      }
      items.add(item);
      all.remove();
    }
    return items;
  }

  private static boolean begins(List<Item> items, Write.EndFramework end) {
    return items.stream()
        .anyMatch(
            each ->
                each.what instanceof Write.KeepFramework keep
                    && keep.framework().getId().equals(end.end().getId()));
  }

  private static int size(Write what) {
    return switch (what) {
      case Write.KeepFramework keep -> keep.framework().getSerializedSize();
      case Write.EndFramework end -> end.end().getSerializedSize();
      case Write.KeepAgent keep -> keep.agent().getSerializedSize();
      case Write.ForgetMachine forget -> forget.machine().length();
      case Write.SayConsent say -> say.consent().getSerializedSize();
    };
  }

  private Batch batch(List<Item> items) {
    UpdateOffersRequest.Builder request =
        UpdateOffersRequest.newBuilder().setToken(token).setCore(core);
    for (Item each : items) {
      switch (each.what) {
        case Write.KeepFramework keep -> request.addFrameworks(keep.framework());
        case Write.EndFramework end -> request.addFrameworksEnded(end.end());
        case Write.KeepAgent keep -> request.addAgents(keep.agent());
        case Write.ForgetMachine forget -> request.addAgentsGone(forget.machine());
        case Write.SayConsent say -> request.addConsents(say.consent());
      }
    }
    return new Batch(generation, items, request.build(), RequestIds.fresh());
  }

  private void send(Batch batch) {
    try {
      dm.update(batch.request(), batch.id());
    } catch (DmException e) {
      if (e.staleToken()) {
        over(batch, String.valueOf(e.getMessage()));
      } else if (WRONG.contains(e.code())) {
        wrong(batch, e);
      } else {
        throw e;
      }
      return;
    }
    done(batch);
  }

  private synchronized boolean isCurrent(long of) {
    return generation == of;
  }

  private void over(Batch batch, String why) {
    synchronized (this) {
      if (batch.generation() == generation) {
        gathered.clear();
        sending.clear();
      }
    }
    lease.confirm(); // else it is believed until it is renewed, and a core begun that is refused
    loop.over(
        () -> isCurrent(batch.generation()),
        "the Device Manager takes nothing under its token any more: " + why);
  }

  private void done(Batch batch) {
    long upTo;
    synchronized (this) {
      if (batch.generation() != generation) {
        return;
      }
      sending.remove(batch);
      upTo = doneUpTo();
    }
    loop.submit(
        (core, now) -> {
          if (isCurrent(batch.generation())) {
            core.written(upTo, now);
          }
        });
  }

  /** Before the oldest that is not done yet. */
  private long doneUpTo() {
    @Nullable Batch batch = sending.peek();
    return Stream.concat(
                Stream.ofNullable(batch).map(Batch::first),
                gathered.values().stream().limit(1).map(each -> each.numbers.getFirst()))
            .mapToLong(Long::longValue)
            .min()
            .orElse(last + 1)
        - 1;
  }

  private void wrong(Batch batch, DmException e) {
    int size = batch.items().size();
    if (size > 1) {
      log.warn("One of {} writes is refused: {}; they are sent in halves", size, e.getMessage());
      synchronized (this) {
        if (batch.generation() == generation) {
          sending.remove(batch);
          sending.addFirst(batch(batch.items().subList(size / 2, size)));
          sending.addFirst(batch(batch.items().subList(0, size / 2)));
        }
      }
      return;
    }
    String why = e.remedy().isEmpty() ? e.getMessage() : e.getMessage() + ": " + e.remedy();
    List<Long> numbers = List.copyOf(batch.items().getFirst().numbers);
    loop.submit(
        (core, now) -> {
          if (isCurrent(batch.generation())) {
            numbers.forEach(number -> core.notWritten(number, String.valueOf(why), now));
          }
        });
    done(batch);
  }
}
