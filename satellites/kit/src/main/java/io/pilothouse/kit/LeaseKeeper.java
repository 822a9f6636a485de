package io.pilothouse.kit;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.ReleaseLeaseRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.client.DmClient;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the lease of a role, so that one instance of a satellite acts at a time. Renews at a third
 * of the time to live.
 *
 * <p>The lease counts from the moment that the last renewal which succeeded was <em>sent</em>, on
 * this machine's monotonic clock: the Device Manager starts its own count later, so the holder
 * always gives up first. A process may still be stopped between asking for the token and using it;
 * the Device Manager refuses the old token then.
 */
public final class LeaseKeeper implements HeldLease, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

  /** Tells this process from others of its id, before and after it. */
  private static final long PROCESS = new SecureRandom().nextLong() | 1;

  /** The two calls, as the keeper needs them. */
  interface Leases {
    /**
     * Takes or renews.
     *
     * @param ended token of a holder whose process has ended; 0: none
     */
    AcquireLeaseReply acquire(
        String role, String holder, Duration ttl, long ended, Duration deadline);

    void release(String role, String holder, long token);
  }

  /** Since when the lease is left to others, and for how many nanoseconds. */
  private record Apart(long from, long span) {}

  private record Held(long token, long sentAt, long revision) {}

  private final Leases leases;
  private final String role;
  private final String holder;
  private final Duration ttl;
  private final LongSupplier nanoTime;
  private final Rounds rounds;
  private volatile @Nullable Held held;
  private @Nullable Apart apart;
  private volatile String standby = "not asked yet";
  private volatile Runnable gained = () -> {};

  /**
   * @param holder this instance's id
   */
  public LeaseKeeper(
      DmClient client, String role, String holder, Duration ttl, MeterRegistry meters) {
    this(client, role, holder, "", ttl, meters);
  }

  /**
   * @param holder this instance's id
   * @param address host:port where those that look for the holder find it; empty = nobody does
   */
  public LeaseKeeper(
      DmClient client,
      String role,
      String holder,
      String address,
      Duration ttl,
      MeterRegistry meters) {
    this(new RemoteLeases(client, address, "", 0), role, holder, ttl, meters, System::nanoTime);
  }

  /**
   * @param holder this instance's id
   * @param address host:port where those that look for the holder find it; empty = nobody does
   * @param api the same, for those that are no part of Pilothouse. Who serves them says, too, which
   *     process it is: one that is started anew gets a token of its own
   */
  public LeaseKeeper(
      DmClient client,
      String role,
      String holder,
      String address,
      String api,
      Duration ttl,
      MeterRegistry meters) {
    this(
        new RemoteLeases(client, address, api, PROCESS),
        role,
        holder,
        ttl,
        meters,
        System::nanoTime);
  }

  LeaseKeeper(
      Leases leases,
      String role,
      String holder,
      Duration ttl,
      MeterRegistry meters,
      LongSupplier nanoTime) {
    this.leases = leases;
    this.role = role;
    this.holder = holder;
    this.ttl = ttl;
    this.nanoTime = nanoTime;
    Duration third = ttl.dividedBy(3);
    this.rounds = new Rounds("lease-" + role, third, third, this::renew, meters, nanoTime);
    meters.gauge("pilot.lease.held", this, keeper -> keeper.token().isPresent() ? 1 : 0);
  }

  public LeaseKeeper start() {
    rounds.start();
    return this;
  }

  /** Who is told when it is held, and was not before; on the thread that asked for it. */
  public LeaseKeeper whenGained(Runnable what) {
    gained = what;
    return this;
  }

  @Override
  public Optional<Long> token() {
    Held now = held;
    boolean valid = now != null && nanoTime.getAsLong() - now.sentAt() < ttl.toNanos();
    return valid ? Optional.of(now.token()) : Optional.empty();
  }

  @Override
  public long revision() {
    Held now = held;
    return now == null ? 0 : now.revision();
  }

  /** What is wrong when the Device Manager was not reached about the lease for so long. */
  public Optional<String> problem(Duration stale) {
    return rounds.problem(stale);
  }

  /** One sentence for {@code /status}. */
  public String describe() {
    return token()
        .map(token -> "holds the lease %s, token %d".formatted(role, token))
        .orElseGet(() -> "stands by: " + standby);
  }

  @Override
  public synchronized void standBack(Duration span) {
    apart = new Apart(nanoTime.getAsLong(), span.toNanos());
    giveBack();
  }

  @Override
  public void confirm() {
    rounds.kickUnlessFailing();
  }

  /**
   * Asks for it at once, in the place of a holder whose process has ended. That may be wrong: then
   * the holder finds at its next renewal that it is the holder no more, and until then what it does
   * is refused for its token.
   *
   * @param ended the holder's token; if it is another one's by now, this asks like everybody
   * @return whether it is held now
   */
  public boolean succeed(long ended) {
    renew(ended);
    return token().isPresent();
  }

  void renew() {
    renew(0);
  }

  /** Not while it is given back: what is under way then would take it again. */
  private synchronized void renew(long ended) {
    Apart now = apart;
    if (now != null && nanoTime.getAsLong() - now.from() < now.span()) {
      standby = "gave it back, and does not ask for it yet";
      return;
    }
    apart = null;
    Optional<Long> before = token();
    long sent = nanoTime.getAsLong();
    try {
      AcquireLeaseReply reply = leases.acquire(role, holder, ttl, ended, ttl.dividedBy(2));
      long token = reply.getLease().getToken();
      held = new Held(token, sent, reply.getRevision());
      if (!before.equals(Optional.of(token))) {
        log.info("{} holds the lease {}, token {}", holder, role, token);
        gained.run();
      }
    } catch (DmException e) {
      if (!e.precondition()) {
        throw e;
      }
      // another instance has it: that is not a failure
      held = null;
      standby = String.valueOf(e.getMessage());
      if (before.isPresent()) {
        log.warn("{} lost the lease {}: {}", holder, role, standby);
      }
    } catch (UnreachableException e) {
      standby = String.valueOf(e.getMessage());
      throw e;
    }
  }

  @Override
  public void close() {
    rounds.close();
    giveBack();
  }

  private void giveBack() {
    Held now = held;
    held = null;
    if (now == null) {
      return;
    }
    try {
      leases.release(role, holder, now.token());
    } catch (DmException | UnreachableException e) {
      log.info("the lease {} was not given back, it will expire: {}", role, e.getMessage());
    }
  }

  private record RemoteLeases(DmClient client, String address, String api, long process)
      implements Leases {
    private static final Duration RELEASE_DEADLINE = Duration.ofSeconds(1);

    @Override
    public AcquireLeaseReply acquire(
        String role, String holder, Duration ttl, long ended, Duration deadline) {
      AcquireLeaseRequest request =
          AcquireLeaseRequest.newBuilder()
              .setRole(role)
              .setHolder(holder)
              .setTtlMs(ttl.toMillis())
              .setAddress(address)
              .setApi(api)
              .setEnded(ended)
              .setProcess(process)
              .build();
      return client.leader(
          deadline, channel -> SatelliteGrpc.newBlockingStub(channel).acquireLease(request));
    }

    @Override
    public void release(String role, String holder, long token) {
      ReleaseLeaseRequest request =
          ReleaseLeaseRequest.newBuilder().setRole(role).setHolder(holder).setToken(token).build();
      client.leader(
          RELEASE_DEADLINE,
          channel -> SatelliteGrpc.newBlockingStub(channel).releaseLease(request));
    }
  }
}
