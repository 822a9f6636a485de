package io.pilothouse.provisioning;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.kit.Lanes;
import io.pilothouse.provisioning.power.PowerDriver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The two loops' rounds and what they share: the newest pull, valid under one lease. */
final class ProvisioningService {
  private static final Duration WAIT = Duration.ofSeconds(5);

  private record Pulled(long leaseToken, PullProvisioningReply reply) {}

  private final ProvisioningDm dm;
  private final HeldLease lease;
  private final Lanes lanes;
  private final AtomicLong revision = new AtomicLong();
  private final Installs installs;
  private final Discovery discovery;
  private volatile @Nullable Pulled pulled;

  ProvisioningService(
      Path machines,
      PowerDriver power,
      Optional<Issuer> issuer,
      ProvisioningDm dm,
      HeldLease lease,
      Lanes lanes,
      MeterRegistry meters,
      LongSupplier nanoTime) {
    this.dm = dm;
    this.lease = lease;
    this.lanes = lanes;
    this.installs = new Installs(power, issuer, dm, lease::token, lanes, meters, revision);
    this.discovery = new Discovery(machines, dm, this::known, nanoTime);
  }

  /** Pulls what is assigned and starts it. Nothing to do without the lease. */
  void installRound() {
    Optional<Long> token = lease.token();
    if (token.isEmpty()) {
      return;
    }
    revision.accumulateAndGet(lease.revision(), Math::max);
    PullProvisioningReply reply = dm.pull(revision.get(), WAIT);
    if (!token.equals(lease.token()) || reply.getRevision() < revision.get()) {
      return; // pulled for a lease that is gone, or overtaken by a report: ask again
    }
    revision.set(Math.max(revision.get(), reply.getRevision()));
    pulled = new Pulled(token.get(), reply);
    installs.consider(reply.getMachinesList());
  }

  /** Looks for machines and reports new ones. */
  void discoveryRound() throws Exception {
    discovery.round();
  }

  private Optional<List<Machine>> known() {
    Pulled now = pulled;
    return now != null && lease.token().equals(Optional.of(now.leaseToken()))
        ? Optional.of(now.reply().getKnownList())
        : Optional.empty();
  }

  Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    Pulled now = pulled;
    Map<String, String> steps = new LinkedHashMap<>();
    if (now != null) {
      now.reply()
          .getMachinesList()
          .forEach(each -> steps.put(each.getName(), each.getProvisioning().getStep().name()));
    }
    status.put("revision", revision.get());
    status.put("machines_known", now == null ? 0 : now.reply().getKnownCount());
    status.put("provisioning", steps);
    status.put("power_commands", lanes.busy());
    status.put("problems", discovery.problems());
    return status;
  }
}
