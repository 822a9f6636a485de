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
 * {@link Neighbours}). Remembers who has failed, so that each dead machine costs one time-out, and
 * a rack full of dead ones costs a few.
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

  /** So many from one that has sent something, and it is dead now. */
  private static final int FAILURES = 3;

  /** After this time it may have heard of it. */
  private static final Duration ASKED_AGAIN = Duration.ofSeconds(5);

  private final Neighbours neighbours;
  private final List<String> replicas;
  private final List<Throttle> outside;
  private final Random random;
  private final LongSupplier nanoTime;
  private final Map<String, Standing> standings = new HashMap<>();

  /** What a source has answered in this transfer. */
  private static final class Standing {
    private int sent;
    private int lacked;
    private long lackedAt;
    private int failed;
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
        Comparator.comparingInt((String each) -> standing(each).failed)
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

  private boolean somebodyLives() {
    long dead = standings.entrySet().stream().filter(this::isDeadPeer).count();
    return dead < ALL_DEAD || hasLiveNeighbour();
  }

  private boolean isDeadPeer(Map.Entry<String, Standing> each) {
    return !replicas.contains(each.getKey()) && isDead(each.getValue());
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
    return !isDead(standing) && !uninterested && !tooLong;
  }

  /** One that has sent something may have removed a file while it was sent. */
  private static boolean isDead(Standing standing) {
    return standing.failed >= (standing.sent > 0 ? FAILURES : 1);
  }

  private Standing standing(String address) {
    return standings.computeIfAbsent(address, each -> new Standing());
  }

  @Override
  public synchronized void answered(Source source, Outcome outcome) {
    Standing standing = standing(source.address());
    long now = nanoTime.getAsLong();
    switch (outcome) {
      case SENT -> {
        standing.sent++;
        standing.waits = false;
      }
      case LACKS -> {
        standing.lacked++;
        standing.lackedAt = now;
      }
      case FAILED, LIED -> standing.failed++;
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
}
