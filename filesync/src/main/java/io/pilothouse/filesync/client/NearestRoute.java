package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Throttle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongSupplier;

/**
 * The way of one transfer: owners in the rack, owners in the scale unit, deployment replicas (see
 * {@link Neighbours}). Remembers who has failed, so that each dead machine costs few time-outs, and
 * a rack full of dead ones costs not many more. Who has failed may have been busy for some seconds:
 * it is tried again after a pause, the longer the more often it has failed.
 */
public final class NearestRoute implements Route {
  /** For one that says "soon" or "busy" again and again and never sends anything. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** For how long a replica that had too much to do comes last. */
  private static final Duration BUSY = Duration.ofSeconds(5);

  /** So many dead ones, and nobody who lives: the others are not tried. */
  private static final int ALL_DEAD = 4;

  /**
   * So often without, and never with: it does not want this content, or has not heard of it yet.
   */
  private static final int UNINTERESTED = 3;

  /** So many from one that has sent something, and it is left alone. */
  private static final int FAILURES = 3;

  /** For how long at first; twice as long each time that it fails again. */
  private static final Duration LEFT_ALONE = Duration.ofSeconds(5);

  private static final Duration LEFT_ALONE_AT_MOST = Duration.ofMinutes(2);

  /** After so many of these it is the most. */
  private static final int DOUBLINGS = 5;

  /** After this time it may have heard of it. */
  private static final Duration ASKED_AGAIN = Duration.ofSeconds(5);

  private final Neighbours neighbours;
  private final List<String> replicas;
  private final List<Throttle> outside;
  private final Random random;
  private final LongSupplier nanoTime;
  private final Map<String, Standing> standings = new HashMap<>();

  /** What a source has answered in this transfer, since it was left alone last. */
  private static final class Standing {
    private int sent;
    private int lacked;
    private long lackedAt;
    private int failed;
    private boolean lied;

    /** In all: replicas are sorted by it. */
    private int failures;

    /** How often it was left alone, since when, and whether nothing came from it since. */
    private int absences;

    private long failedAt;
    private boolean absent;
    private boolean waits;
    private long waitsSince;
    private boolean wasBusy;
    private long busyAt;
  }

  /**
   * Who is near a machine; empty lists when contents come from the service alone.
   *
   * @param self the machine's own address, as it is in the lists
   * @param unit some agents of the scale unit
   * @param rackFirst some agents of the rack, where the next list has not all of it
   * @param rack agents of the rack
   */
  public record Nearby(String self, List<String> unit, List<String> rackFirst, List<String> rack) {
    public Nearby {
      unit = List.copyOf(unit);
      rackFirst = List.copyOf(rackFirst);
      rack = List.copyOf(rack);
    }
  }

  /**
   * Makes a route for one transfer.
   *
   * @param replicas of the Deployment Service
   * @param outside limits of what comes from outside the rack
   */
  public NearestRoute(Nearby nearby, List<String> replicas, List<Throttle> outside, long seed) {
    this(
        new Neighbours(nearby.self(), nearby.unit(), nearby.rackFirst(), nearby.rack()),
        replicas,
        outside,
        new Random(seed),
        System::nanoTime);
  }

  NearestRoute(
      Neighbours neighbours,
      List<String> replicas,
      List<Throttle> outside,
      Random random,
      LongSupplier nanoTime) {
    this.neighbours = neighbours;
    this.replicas = List.copyOf(replicas);
    this.outside = List.copyOf(outside);
    this.random = random;
    this.nanoTime = nanoTime;
  }

  @Override
  public int turn(String hash) {
    return neighbours.turn(hash);
  }

  @Override
  public synchronized List<Source> sources(String hash) {
    Neighbours.Chain chain = neighbours.chain(hash);
    List<Source> sources = new ArrayList<>();
    boolean anybody = somebodyLives();
    peers(chain.before(), anybody).forEach(each -> sources.add(peer(each, true)));
    service().forEach(each -> sources.add(new Source(each, outside, false, false)));
    // these wait for this machine: to wait for them would be for ever
    peers(chain.after(), anybody).forEach(each -> sources.add(peer(each, false)));
    return sources;
  }

  private List<String> peers(List<String> chain, boolean anybody) {
    return anybody ? chain.stream().filter(this::mayHelp).toList() : List.of();
  }

  private Source peer(String address, boolean awaited) {
    List<Throttle> limits = neighbours.inRack(address) ? List.of() : outside;
    return new Source(address, limits, true, awaited);
  }

  private List<String> service() {
    List<String> order = new ArrayList<>(replicas);
    Collections.shuffle(order, random);
    long now = nanoTime.getAsLong();
    order.sort(
        Comparator.comparingInt((String each) -> standing(each).failures)
            .thenComparing(each -> isBusy(standing(each), now)));
    return order;
  }

  private static boolean isBusy(Standing standing, long now) {
    return standing.wasBusy && now - standing.busyAt < BUSY.toNanos();
  }

  @Override
  public synchronized boolean hasLiveNeighbour() {
    return standings.entrySet().stream().anyMatch(this::isLivePeer);
  }

  /**
   * Where nobody does, to try them all again would hold up everything for a time-out: that is done
   * seldom.
   */
  private boolean somebodyLives() {
    long now = nanoTime.getAsLong();
    long silent =
        standings.entrySet().stream()
            .filter(this::isSilentPeer)
            .filter(each -> now - each.getValue().failedAt < LEFT_ALONE_AT_MOST.toNanos())
            .count();
    return silent < ALL_DEAD || hasLiveNeighbour();
  }

  /** One that has failed, and was not heard since. */
  private boolean isSilentPeer(Map.Entry<String, Standing> each) {
    return !replicas.contains(each.getKey()) && each.getValue().absences > 0 && !isLivePeer(each);
  }

  private boolean isLivePeer(Map.Entry<String, Standing> each) {
    Standing standing = each.getValue();
    return !replicas.contains(each.getKey())
        && (standing.sent > 0 || standing.lacked > 0 || standing.waits);
  }

  private boolean mayHelp(String peer) {
    Standing standing = standing(peer);
    long now = nanoTime.getAsLong();
    boolean uninterested =
        standing.sent == 0
            && standing.lacked >= UNINTERESTED
            && now - standing.lackedAt < ASKED_AGAIN.toNanos();
    boolean tooLong = standing.waits && now - standing.waitsSince > PATIENCE.toNanos();
    return !standing.lied && !isAbsent(standing, now) && !uninterested && !tooLong;
  }

  private static boolean isAbsent(Standing standing, long now) {
    return standing.absent && now - standing.failedAt < leftAlone(standing.absences);
  }

  /** For how many nanoseconds one is left alone that has failed so often. */
  private static long leftAlone(int absences) {
    long most = LEFT_ALONE_AT_MOST.toNanos();
    return absences > DOUBLINGS ? most : Math.min(most, LEFT_ALONE.toNanos() << (absences - 1));
  }

  private Standing standing(String address) {
    return standings.computeIfAbsent(address, each -> new Standing());
  }

  @Override
  public synchronized void answered(Source source, Outcome outcome) {
    Standing standing = standing(source.address());
    long now = nanoTime.getAsLong();
    standing.absent &= outcome == Outcome.FAILED;
    switch (outcome) {
      case SENT -> {
        standing.sent++;
        standing.waits = false;
      }
      case LACKS -> {
        standing.lacked++;
        standing.lackedAt = now;
      }
      case FAILED -> failed(standing, now);
      case LIED -> {
        standing.lied = true;
        standing.failures++;
      }
      case SOON, BUSY -> {
        standing.wasBusy = true;
        standing.busyAt = now;
        if (!standing.waits) {
          standing.waits = true;
          standing.waitsSince = now;
        }
      }
    }
  }

  private static void failed(Standing standing, long now) {
    standing.failures++;
    if (isAbsent(standing, now)) {
      return; // what was asked before that ends now
    }
    standing.failed++;
    // one that has sent something may have removed a file while it was sent
    if (standing.failed >= (standing.sent > 0 ? FAILURES : 1)) {
      standing.absences++;
      standing.absent = true;
      standing.failedAt = now;
      standing.failed = 0;
      standing.sent = 0;
      standing.lacked = 0;
      standing.waits = false;
    }
  }
}
