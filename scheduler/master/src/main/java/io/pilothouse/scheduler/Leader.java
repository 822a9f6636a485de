package io.pilothouse.scheduler;

import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads while it holds the lease, with a new and empty core each time, and hands it what the Device
 * Manager says of machines.
 */
final class Leader {
  private static final Logger log = LoggerFactory.getLogger(Leader.class);

  /** What makes a core. */
  interface Cores {
    Core make(CoreOptions options, long now);
  }

  /** The Device Manager, as far as a scheduler asks it. */
  interface Machines {
    PullOfferableReply pull(long revision);
  }

  private final HeldLease lease;
  private final Machines dm;
  private final Loop loop;
  private final CoreOptions options;
  private final Cores cores;
  private final Map<String, OfferableMachine> machines = new TreeMap<>();
  private long revision;
  private boolean known;

  /** The number of the next core: of this process or another under the same token, none has it. */
  private long nextCore;

  /** The token that it leads under; 0: it does not. */
  private long leading;

  /**
   * @param born milliseconds since the epoch, when this process began; one that is started again
   *     soon enough has the token of the one before it
   */
  Leader(HeldLease lease, Machines dm, Loop loop, CoreOptions options, Cores cores, long born) {
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
      revision = reply.getRevision();
      known = true;
      if (leading != 0) {
        loop.submit((core, now) -> core.machines(reply, now));
      }
    }
  }

  private synchronized long askedWith() {
    return revision;
  }

  /** Begins or ends to lead, as the lease says. */
  synchronized void round() {
    Optional<Long> token = lease.token();
    if (token.isEmpty()) {
      if (leading != 0) {
        log.warn("The lease is gone; this scheduler leads no more");
        leading = 0;
        loop.stop(new Leadership.Standby(Optional.empty()));
      }
      return;
    }
    if (leading == token.get() && loop.leadership() instanceof Leadership.Standby) {
      leading = 0; // its core has failed
    }
    if (leading == token.get()) {
      return;
    }
    if (!known) {
      loop.stop(new Leadership.Starting());
      return;
    }
    leading = token.get();
    CoreOptions named = options.master(named(options.master(), leading, nextCore++));
    log.info(
        "Leads with token {} and {} machines as {}",
        leading,
        machines.size(),
        named.master().getId());
    loop.lead(() -> lease.token().equals(token), now -> cores.make(named, now));
    PullOfferableReply all =
        PullOfferableReply.newBuilder().setFull(true).addAllMachines(machines.values()).build();
    loop.submit((core, now) -> core.machines(all, now));
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
