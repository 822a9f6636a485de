package io.pilothouse.scheduler;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.client.DmException;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads while it holds the lease, with a new core each time that begins from what earlier leaders
 * wrote down, and hands it what the Device Manager says of machines and roles.
 */
final class Leader {
  private static final Logger log = LoggerFactory.getLogger(Leader.class);

  /** Between two times that a process gives the lease back. */
  private static final Duration SELDOM = Duration.ofHours(1);

  /** Time for another to take it: standbys ask every 2 s. */
  private static final Duration APART = Duration.ofSeconds(20);

  /** That the core of a token is cut off, and when it said so. */
  private record CutOff(long token, String why, long at) {}

  /** A token, and a revision at which it was the lease's. */
  private record Gained(long token, long revision) {}

  /** What makes a core. */
  interface Cores {
    /**
     * Makes one, on the thread that it will run on.
     *
     * @param token that it decides under
     */
    Core make(CoreOptions options, ReadOffersReply remembered, long token, long now);
  }

  /** The Device Manager, as far as a scheduler asks it. */
  interface DeviceManager {
    PullOfferableReply pull(long revision);

    /** From here on nothing is taken of cores with lower numbers. */
    void begin(long token, long core);

    /** What earlier leaders wrote down. */
    ReadOffersReply read(long token);
  }

  private final HeldLease lease;
  private final DeviceManager dm;
  private final Loop loop;
  private final CoreOptions options;
  private final Cores cores;
  private final Map<String, OfferableMachine> machines = new TreeMap<>();
  private List<OfferRole> roles = List.of();
  private long revision;
  private Gained gained = new Gained(0, 0);

  /** Of the API of who leads, as far as the Device Manager knows. */
  private Optional<String> leaderApi = Optional.empty();

  /** The other scheduler that leads, as far as the Device Manager has said. */
  private Optional<Succession.Holder> other = Optional.empty();

  /** The number of the next core: of this process or another under the same token, none has it. */
  private long nextCore;

  private volatile @Nullable CutOff cutOff;
  private long mayHandOnAt = Long.MIN_VALUE;

  /** The token that it leads under; 0: it does not. */
  private long leading;

  /**
   * @param born milliseconds since the epoch, when this process began; a Device Manager of an older
   *     version gives one that is started again soon enough the token of the one before it
   */
  Leader(
      HeldLease lease, DeviceManager dm, Loop loop, CoreOptions options, Cores cores, long born) {
    this.lease = lease;
    this.dm = dm;
    this.loop = loop;
    this.options = options;
    this.cores = cores;
    this.nextCore = born;
  }

  /** Waits for what became otherwise. */
  void pull() {
    PullOfferableReply reply = dm.pull(askedWith());
    synchronized (this) {
      if (reply.getFull()) {
        machines.clear();
      }
      reply.getGoneList().forEach(machines::remove);
      reply.getMachinesList().forEach(each -> machines.put(each.getName(), each));
      roles = reply.getRolesList();
      leaderApi =
          reply.getLeader().isEmpty() || reply.getLeaderApi().isEmpty()
              ? Optional.empty()
              : Optional.of(reply.getLeaderApi());
      other = other(reply);
      revision = reply.getRevision();
      if (leading != 0) {
        loop.submit((core, now) -> core.machines(reply, now));
      }
    }
    boolean own = reply.getLeader().equals(options.master().getId());
    if (reply.getLeader().isEmpty() || own != lease.token().isPresent()) {
      lease.confirm(); // it is there to be had, or another one has it
    }
  }

  private Optional<Succession.Holder> other(PullOfferableReply reply) {
    if (reply.getLeader().isEmpty()
        || reply.getLeaderAddress().isEmpty()
        || reply.getLeader().equals(options.master().getId())) {
      return Optional.empty();
    }
    try {
      ServerAddress at = ServerAddress.parse(reply.getLeaderAddress());
      return Optional.of(new Succession.Holder(reply.getLeader(), reply.getLeaderToken(), at));
    } catch (IllegalArgumentException e) {
      log.warn("The leader {} is not watched: {}", reply.getLeader(), e.getMessage());
      return Optional.empty();
    }
  }

  /** The other scheduler that leads, where it can be watched. */
  synchronized Optional<Succession.Holder> other() {
    return other;
  }

  private synchronized long askedWith() {
    return Math.max(revision, needed());
  }

  /**
   * The revision that is needed to begin under the token that is held. A replica that lags may not
   * know yet what the leader before this one was told of a machine and has acted upon: that it is
   * drained. Not that of each renewal: answers would be of all machines then.
   */
  private synchronized long needed() {
    Optional<Long> token = lease.token();
    if (token.isEmpty()) {
      return 0;
    }
    if (gained.token() != token.get()) {
      gained = new Gained(token.get(), lease.revision());
    }
    return gained.revision();
  }

  /** Begins or ends to lead, as the lease says. */
  void round() {
    Optional<Long> token = toBegin();
    if (token.isPresent()) {
      begin(token.get());
    } else {
      handOn();
    }
  }

  /**
   * Gives the lease back when this scheduler is cut off from many machines that are well, so that
   * another may lead; if none does, this one leads again. Rarely: everybody comes anew.
   */
  private void handOn() {
    CutOff seen = cutOff;
    cutOff = null;
    long led = leading();
    if (led == 0) {
      return;
    }
    if (seen != null && seen.token() == led && seen.at() >= mayHandOnAt) {
      mayHandOnAt = seen.at() + SELDOM.toMillis();
      log.error(
          "{}; the lease is given back for {} s, so that another scheduler may lead",
          seen.why(),
          APART.toSeconds());
      lease.standBack(APART);
      return;
    }
    loop.submit((core, now) -> core.cutOff().ifPresent(why -> cutOff = new CutOff(led, why, now)));
  }

  /**
   * First the end of all that earlier cores have under way, then what they left: else one of their
   * writes could be done after it was read.
   */
  private void begin(long token) {
    long core = nextCore();
    try {
      dm.begin(token, core);
    } catch (DmException e) {
      if (!e.staleToken()) {
        throw e;
      }
      log.info("Core {} cannot begin: {}", core, e.getMessage());
      lease.confirm(); // it may be another one's
    }
    ReadOffersReply remembered = read(token);
    if (remembered.getCore() == core) {
      begin(token, core, remembered);
    } else {
      passed(remembered.getCore()); // this machine's clock was ahead once
    }
  }

  private ReadOffersReply read(long token) {
    try {
      return dm.read(token);
    } catch (DmException e) {
      if (e.staleToken()) {
        lease.confirm();
      }
      throw e;
    }
  }

  private synchronized long nextCore() {
    return nextCore++;
  }

  private synchronized void passed(long core) {
    nextCore = Math.max(nextCore, core + 1);
  }

  /** The token under which there is to be a new core. */
  private synchronized Optional<Long> toBegin() {
    Optional<Long> token = lease.token();
    if (token.isEmpty()) {
      standBy();
      return token;
    }
    if (leading == token.get() && loop.leadership() instanceof Leadership.Standby) {
      leading = 0; // its core has failed
    }
    if (leading == token.get()) {
      return Optional.empty();
    }
    if (!(loop.leadership() instanceof Leadership.Starting)) {
      loop.stop(new Leadership.Starting());
    }
    return revision > 0 && revision >= needed() ? token : Optional.empty();
  }

  private void standBy() {
    if (leading != 0) {
      log.warn("The lease is gone; this scheduler leads no more");
      leading = 0;
    }
    // right after a change of leaders its own is what is known
    Leadership instead = new Leadership.Standby(leaderApi.filter(api -> !api.equals(ownApi())));
    if (!loop.leadership().equals(instead)) {
      loop.stop(instead);
    }
  }

  private String ownApi() {
    return options.master().getHostname() + ":" + options.master().getPort();
  }

  private synchronized void begin(long token, long core, ReadOffersReply remembered) {
    if (!lease.token().equals(Optional.of(token))) {
      return; // while it was read
    }
    leading = token;
    CoreOptions named = options.master(named(options.master(), leading, core));
    log.info(
        "Leads with token {} and {} machines, {} frameworks and {} agents of before, as {}",
        token,
        machines.size(),
        remembered.getFrameworksCount(),
        remembered.getAgentsCount(),
        named.master().getId());
    PullOfferableReply all =
        PullOfferableReply.newBuilder()
            .setFull(true)
            .addAllMachines(machines.values())
            .addAllRoles(roles)
            .build();
    loop.lead(
        () -> lease.token().equals(Optional.of(token)),
        now -> cores.make(named, remembered, token, now),
        (begun, now) -> begun.machines(all, now));
  }

  /** Ids that a core gives are given by no other: not by one of another token, nor of its own. */
  private static MasterInfo named(MasterInfo master, long token, long core) {
    String id = "%s-%s-%s".formatted(master.getId(), token, Long.toString(core, 36));
    return master.toBuilder().setId(id).build();
  }

  synchronized long leading() {
    return leading;
  }

  synchronized int machines() {
    return machines.size();
  }
}
