package io.pilothouse.provisioning.power;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives emulated machines, {@code local:NAME}. Power loss is real: every process of the machine is
 * killed. Power-on starts the command of the machine's chassis in a session of its own, so that it
 * outlives whoever pressed the button.
 */
public final class LocalPower implements PowerDriver {
  private static final Logger log = LoggerFactory.getLogger(LocalPower.class);
  private static final Duration KILL_WITHIN = Duration.ofSeconds(10);
  private static final Duration LOCK_WITHIN = Duration.ofSeconds(30);

  /** A command that cannot run at all has ended by then; longer would slow each power-on. */
  private static final Duration STARTED_AFTER = Duration.ofMillis(50);

  private final Path machines;
  private final Path home;

  /**
   * @param machines the directory of the machines, {@code $PILOT_HOME/machines}
   */
  public LocalPower(Path machines) {
    this.machines = machines.toAbsolutePath().normalize();
    Path parent = this.machines.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(
          "the machines cannot be at '"
              + machines
              + "': expected a directory like .pilot/machines");
    }
    this.home = parent;
  }

  @Override
  public PowerState state(String bmc) throws PowerException {
    LocalChassis chassis = LocalChassis.at(machines, bmc);
    return LocalProcesses.matching(of(chassis)).isEmpty() ? PowerState.OFF : PowerState.ON;
  }

  @Override
  public void on(String bmc, BootDevice device) throws PowerException {
    locked(
        bmc,
        chassis -> {
          if (LocalProcesses.matching(of(chassis)).isEmpty()) {
            powerOn(chassis, device);
          }
        });
  }

  @Override
  public void off(String bmc) throws PowerException {
    locked(bmc, this::powerOff);
  }

  @Override
  public void cycle(String bmc, BootDevice device) throws PowerException {
    locked(
        bmc,
        chassis -> {
          chassis.spec(); // a machine that could not be started again keeps its power
          powerOff(chassis);
          chassis.takeEnrolment();
          powerOn(chassis, device);
        });
  }

  @Override
  public void cycleIntoInstaller(String bmc, String secret) throws PowerException {
    locked(
        bmc,
        chassis -> {
          chassis.spec();
          powerOff(chassis); // what runs until then must not read it
          chassis.giveEnrolment(secret);
          powerOn(chassis, BootDevice.NETWORK);
        });
  }

  @Override
  public Optional<BootDevice> lastBoot(String bmc) throws PowerException {
    LocalChassis chassis = LocalChassis.at(machines, bmc);
    try {
      return chassis.bootDevice();
    } catch (IOException e) {
      throw failed(chassis, e);
    }
  }

  @Override
  public void replaceChassis(String bmc, long generation) throws PowerException {
    locked(
        bmc,
        chassis -> {
          if (chassis.generation() < generation) {
            powerOff(chassis);
            chassis.replace(generation);
            log.info("{}: new chassis, generation {}", bmc, generation);
          }
        });
  }

  /** An emulated chassis is critical when its part {@code bmc} was broken on purpose. */
  @Override
  public Optional<HardwareHealth> health(String bmc) throws PowerException {
    LocalChassis chassis = LocalChassis.at(machines, bmc);
    chassis.spec(); // a chassis that cannot be read does not answer
    try {
      Optional<String> fault = ChassisFiles.read(chassis.faults().resolve("bmc"));
      if (fault.isPresent()) {
        String text = fault.get().lines().findFirst().orElse("a part is broken");
        return Optional.of(new HardwareHealth(HardwareHealth.Level.CRITICAL, text));
      }
    } catch (IOException e) {
      throw failed(chassis, e);
    }
    String power = state(bmc) == PowerState.ON ? "on" : "off";
    return Optional.of(
        new HardwareHealth(HardwareHealth.Level.OK, "the chassis is whole, the power is " + power));
  }

  private interface Command {
    void on(LocalChassis chassis) throws PowerException, IOException, InterruptedException;
  }

  private void locked(String bmc, Command command) throws PowerException {
    LocalChassis chassis = LocalChassis.at(machines, bmc);
    try (PowerLock lock = PowerLock.take(chassis, LOCK_WITHIN)) {
      command.on(lock.chassis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PowerException(
          PowerException.Kind.FAILED, "interrupted during a power command for " + bmc, e);
    } catch (IOException | UncheckedIOException e) {
      throw failed(chassis, e);
    }
  }

  private static PowerException failed(LocalChassis chassis, Exception e) {
    return new PowerException(
        PowerException.Kind.FAILED, "power command for " + chassis.bmc() + " failed: " + e, e);
  }

  private Predicate<Map<String, String>> of(LocalChassis chassis) {
    return environment ->
        chassis.name().equals(environment.get("PILOT_MACHINE"))
            && home.toString().equals(environment.get("PILOT_HOME"));
  }

  private void powerOff(LocalChassis chassis) throws PowerException, InterruptedException {
    List<ProcessHandle> left = LocalProcesses.kill(of(chassis), KILL_WITHIN);
    if (!left.isEmpty()) {
      throw new PowerException(
          PowerException.Kind.TIMEOUT,
          "%s still has processes %s, %d s after they were killed: they hang in the kernel"
              .formatted(
                  chassis.bmc(),
                  left.stream().map(ProcessHandle::pid).toList(),
                  KILL_WITHIN.toSeconds()));
    }
  }

  private void powerOn(LocalChassis chassis, BootDevice device)
      throws PowerException, IOException, InterruptedException {
    ChassisSpec spec = chassis.spec();
    requireProgram(chassis, spec.command().getFirst());
    Files.createDirectories(chassis.disk());
    Files.createDirectories(chassis.faults());
    chassis.setBoot(device);
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(spec.command());
    File console = chassis.consoleLog().toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(chassis.directory().toFile())
            .redirectInput(Redirect.from(new File("/dev/null")))
            .redirectOutput(Redirect.appendTo(console))
            .redirectErrorStream(true);
    builder.environment().putAll(spec.env());
    builder.environment().put("PILOT_HOME", home.toString());
    builder.environment().put("PILOT_MACHINE", chassis.name());
    Process process = builder.start();
    if (process.waitFor(STARTED_AFTER.toMillis(), TimeUnit.MILLISECONDS)
        && process.exitValue() != 0) {
      throw new PowerException(
          PowerException.Kind.FAILED,
          "%s ended at once with exit code %d: %s says why"
              .formatted(spec.command(), process.exitValue(), chassis.consoleLog()));
    }
    log.info("{}: on, boots from {}, pid {}", chassis.bmc(), device.text(), process.pid());
  }

  private static void requireProgram(LocalChassis chassis, String program) throws PowerException {
    // a bare name is looked up in PATH when it is started
    if (program.contains("/")
        && !Files.isExecutable(chassis.directory().resolve(program).normalize())) {
      throw new PowerException(
          PowerException.Kind.BAD_CHASSIS,
          "%s cannot be switched on: its command '%s' is not an executable file; correct %s"
              .formatted(chassis.bmc(), program, chassis.chassis().resolve("spec.json")));
    }
  }
}
