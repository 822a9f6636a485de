package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.Veto;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever it is that machines have in common and that fails them, it is found by name, and ends by
 * itself. Racks, switches, manifests and watchdogs have tests of their own.
 */
class IncidentCauseTest {
  private static final Duration QUIET = Duration.ofMinutes(1);
  private static final VersionRef OTHER_IMAGE = FleetScenario.version("base", "2.0.0");

  /** A cause, and how many machines have it in a fleet of eighty. */
  enum Cause {
    FEED("f01", 40),
    MODEL("model-1", 27),
    FIRMWARE("bios-3", 8),
    IMAGE("base@2.0.0", 11);

    private final String value;
    private final int machines;

    Cause(String value, int machines) {
      this.value = value;
      this.machines = machines;
    }

    boolean is(Machine machine) {
      return switch (this) {
        case FEED -> machine.getFeed().equals(value);
        case MODEL -> machine.getModel().equals(value);
        case FIRMWARE -> machine.getObserved().getFirmware().equals(value);
        case IMAGE -> machine.getObserved().getImage().equals(OTHER_IMAGE);
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Cause.class)
  void isOneIncidentThatHoldsItsMachinesAndClosesByItself(Cause cause) {
    WideFleet wide = WideFleet.of(80);
    haveAnotherImage(wide);
    List<String> struck = wide.names(cause::is);
    assertThat(struck).hasSize(cause.machines);

    wide.losePower(struck);

    Incident incident = wide.open().get(0);
    assertThat(wide.causes())
        .containsExactly(cause.name().toLowerCase(Locale.ROOT) + "/" + cause.value);
    assertThat(incident.getSentence()).contains(cause.value, "is the likely cause");
    assertThat(incident.getPeak()).isEqualTo(cause.machines);

    wide.fleet.passes(Duration.ofMinutes(3));
    assertThat(wide.count(Condition.FAILURE)).isEqualTo(cause.machines);
    assertThat(struck).allSatisfy(each -> isHeld(wide.fleet.repairOf(each), incident));
    assertThat(wide.everReady()).isEmpty();

    wide.areWell(struck).areWell(struck);
    wide.fleet.passes(QUIET.plus(QuickFleet.QUIET));
    assertThat(wide.open()).isEmpty();
    assertThat(wide.incident(incident.getId()).getClosedBy()).isEqualTo("dm");
    assertThat(wide.fleet.state.incidents()).as("one, from first to last").hasSize(1);
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(80);
    assertThat(wide.everReady()).isEmpty();
  }

  private static void isHeld(Repair repair, Incident by) {
    assertThat(repair.getState()).isEqualTo(Repair.State.WAITING);
    assertThat(repair.getIncidentId()).isEqualTo(by.getId());
    assertThat(repair.getVetoesList()).extracting(Veto::getKind).containsExactly("incident");
  }

  /** Every seventh, so that they share no rack, model or firmware. */
  private static void haveAnotherImage(WideFleet wide) {
    for (int i = 3; i < 80; i += 7) {
      Machine machine = wide.fleet.show(WideFleet.name(i));
      Machine other =
          machine.toBuilder()
              .setObserved(machine.getObserved().toBuilder().setImage(OTHER_IMAGE))
              .build();
      wide.fleet.putEverywhere(new Change(Table.MACHINE, machine.getName(), other));
    }
  }
}
