package io.pilothouse.repair;

import io.pilothouse.provisioning.power.BootDevice;
import io.pilothouse.provisioning.power.PowerDriver;
import io.pilothouse.provisioning.power.PowerException;
import io.pilothouse.provisioning.power.PowerState;
import java.util.List;
import java.util.Optional;

/** Power switches of machines that are not there: what is done is noted. */
final class FakePower implements PowerDriver {
  private final List<String> journal;

  Optional<String> failure = Optional.empty();
  PowerException.Kind kind = PowerException.Kind.FAILED;
  Runnable whileCycling = () -> {};

  FakePower(List<String> journal) {
    this.journal = journal;
  }

  @Override
  public void cycle(String bmc, BootDevice device) throws PowerException {
    journal.add("cycle " + bmc + " into " + device);
    whileCycling.run();
    if (failure.isPresent()) {
      throw new PowerException(kind, failure.get());
    }
  }

  @Override
  public void cycleIntoInstaller(String bmc, String secret) {
    throw new AssertionError("a repair hands out no secrets");
  }

  @Override
  public PowerState state(String bmc) {
    return PowerState.ON;
  }

  @Override
  public void on(String bmc, BootDevice device) {
    journal.add("on " + bmc);
  }

  @Override
  public void off(String bmc) {
    journal.add("off " + bmc);
  }

  @Override
  public Optional<BootDevice> lastBoot(String bmc) {
    return Optional.empty();
  }

  @Override
  public void replaceChassis(String bmc, long generation) {
    journal.add("replace " + bmc);
  }
}
