package io.pilothouse.provisioning;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.OpenEnrolmentRequest;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.RequestIds;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.kit.Lanes;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.provisioning.power.BootDevice;
import io.pilothouse.provisioning.power.PowerDriver;
import io.pilothouse.provisioning.power.PowerException;
import io.pilothouse.provisioning.power.PowerState;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Carries out the two steps of an assignment that need the power button: POWERING (boot into the
 * installer) and VERIFIED (boot from disk), each once, and reports them.
 *
 * <p>Soft state: which steps were carried out, and what is still to be reported. Losing it by a
 * restart costs at most a second boot into an installer that had not begun; for VERIFIED the
 * machine itself says what it was booted from.
 */
final class Installs {
  private static final Logger log = LoggerFactory.getLogger(Installs.class);

  /** One step of one assignment: what is done once. */
  private record Task(long token, Provisioning.Step step) {}

  /**
   * @param failure why it did not work, empty = it did
   */
  private record Done(Task task, String failure, boolean reported) {}

  private final PowerDriver power;
  private final Optional<Issuer> issuer;
  private final ProvisioningDm dm;
  private final Supplier<Optional<Long>> lease;
  private final Lanes lanes;
  private final MeterRegistry meters;
  private final AtomicLong revision;
  private final ConcurrentMap<String, Done> done = new ConcurrentHashMap<>();

  /**
   * @param issuer gives installers their certificates; empty: whatever installs the machine does
   * @param revision raised to that of each report, so that no older pull is acted on
   */
  Installs(
      PowerDriver power,
      Optional<Issuer> issuer,
      ProvisioningDm dm,
      Supplier<Optional<Long>> lease,
      Lanes lanes,
      MeterRegistry meters,
      AtomicLong revision) {
    this.power = power;
    this.issuer = issuer;
    this.dm = dm;
    this.lease = lease;
    this.lanes = lanes;
    this.meters = meters;
    this.revision = revision;
  }

  /** Starts what these machines need and have not got yet; returns at once. */
  void consider(List<Machine> machines) {
    Set<String> names = machines.stream().map(Machine::getName).collect(Collectors.toSet());
    done.keySet().removeIf(each -> !names.contains(each) && !lanes.busy().contains(each));
    machines.forEach(this::consider);
  }

  private void consider(Machine machine) {
    Optional<BootDevice> device = device(machine.getProvisioning().getStep());
    if (device.isEmpty()) {
      return;
    }
    Task task = new Task(machine.getProvisioning().getToken(), machine.getProvisioning().getStep());
    Done before = done.get(machine.getName());
    if (before != null && before.task().equals(task) && before.reported()) {
      return;
    }
    lanes.submit(machine.getName(), () -> carryOut(machine, task, device.get()));
  }

  private static Optional<BootDevice> device(Provisioning.Step step) {
    return switch (step) {
      case POWERING -> Optional.of(BootDevice.NETWORK);
      case VERIFIED -> Optional.of(BootDevice.DISK);
      case STEP_UNSPECIFIED,
          MATCHED,
          BOOTING,
          IMAGING,
          BURNING_IN,
          AWAITING_OPERATOR,
          UNRECOGNIZED ->
          Optional.empty();
    };
  }

  private void carryOut(Machine machine, Task task, BootDevice device) {
    MDC.put(RequestIds.LOG_KEY, RequestIds.fresh());
    try {
      Done now = done.get(machine.getName());
      if (now == null || !now.task().equals(task)) {
        if (lease.get().isEmpty()) {
          log.info("{}: left alone, the lease is gone", machine.getName());
          return;
        }
        now = new Done(task, act(machine, task, device), false);
        done.put(machine.getName(), now);
      }
      report(machine, now);
    } catch (NotNowException e) {
      // nothing was done yet: the next pull says whether it is still to be done
      log.warn("{}: no token could be made, will try again: {}", machine.getName(), e.getMessage());
    } finally {
      MDC.remove(RequestIds.LOG_KEY);
    }
  }

  private String act(Machine machine, Task task, BootDevice device) {
    String bmc = machine.getBmc();
    try {
      if (task.step() == Provisioning.Step.POWERING) {
        power.replaceChassis(bmc, machine.getGeneration());
      } else if (bootedFromDisk(bmc)) {
        log.info("{}: was booted from disk before this service restarted", machine.getName());
        return "";
      }
      if (task.step() == Provisioning.Step.POWERING && issuer.isPresent()) {
        power.cycleIntoInstaller(bmc, tokenFor(machine, task, issuer.get()));
      } else {
        power.cycle(bmc, device);
      }
      count(device, "ok");
      log.info("{}: power-cycled into {}, token {}", machine.getName(), device, task.token());
      return "";
    } catch (PowerException e) {
      count(device, "failed");
      log.warn("{}: {} failed: {}", machine.getName(), task.step(), e.getMessage());
      return String.valueOf(e.getMessage());
    }
  }

  /** No token could be made, which is not the machine's fault; it was not touched. */
  private static final class NotNowException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotNowException(String message) {
      super(message);
    }

    NotNowException(Exception cause) {
      super(cause.getMessage(), cause);
    }
  }

  /**
   * Made known before the machine has it: what it shows later must be known by then.
   *
   * @return what the installer is given, a secret
   */
  private String tokenFor(Machine machine, Task task, Issuer from) {
    EnrolmentToken token = EnrolmentToken.draw(machine.getName());
    long leased = lease.get().orElseThrow(() -> new NotNowException("the lease is gone"));
    String given;
    try {
      given = from.file(token).text(); // before one that may be in use is replaced
      dm.openEnrolment(
          OpenEnrolmentRequest.newBuilder()
              .setMachine(machine.getName())
              .setTokenSha256(token.sha256())
              .setLeaseToken(leased)
              .setToken(task.token())
              .build());
    } catch (DmException e) {
      throw new NotNowException(e.getMessage() + "; " + e.remedy());
    } catch (UnreachableException | IOException | TlsException e) {
      throw new NotNowException(e);
    }
    if (!lease.get().equals(Optional.of(leased))) {
      throw new NotNowException("the lease is gone: its new holder has made another");
    }
    return given;
  }

  /** POWERING booted it from the network under this token, so disk means: after that, by us. */
  private boolean bootedFromDisk(String bmc) throws PowerException {
    return power.lastBoot(bmc).equals(Optional.of(BootDevice.DISK))
        && power.state(bmc) == PowerState.ON;
  }

  private void count(BootDevice device, String outcome) {
    meters
        .counter("pilot.provisioning.boots", "device", device.text(), "outcome", outcome)
        .increment();
  }

  private void report(Machine machine, Done outcome) {
    Optional<Long> leaseToken = lease.get();
    if (leaseToken.isEmpty()) {
      return; // whoever holds the lease now finds out for itself
    }
    try {
      long at =
          dm.report(
              ReportProvisioningRequest.newBuilder()
                  .setMachine(machine.getName())
                  .setLeaseToken(leaseToken.get())
                  .setToken(outcome.task().token())
                  .setStep(outcome.task().step())
                  .setFailed(outcome.failure())
                  .build());
      revision.accumulateAndGet(at, Math::max);
    } catch (DmException e) {
      if (!e.staleToken() && !e.precondition()) {
        log.warn(
            "{}: the report was refused, will say it again: {}", machine.getName(), e.getMessage());
        return;
      }
      log.info("{}: dropped, it was overtaken: {}", machine.getName(), e.getMessage());
    } catch (UnreachableException e) {
      log.warn("{}: could not report, will try again: {}", machine.getName(), e.getMessage());
      return;
    }
    done.put(machine.getName(), new Done(outcome.task(), outcome.failure(), true));
  }
}
