package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The same log gives the same state: on every replica, after every restart, however batched. */
class DeterminismTest {
  private static final List<Entry> LOG = eventfulLife();

  @Test
  void sameLogGivesTheSameState() {
    assertThat(StateDigest.of(replay(LOG))).isEqualTo(StateDigest.of(replay(LOG)));
  }

  @Test
  void stateDoesNotDependOnTheLocale() {
    String expected = StateDigest.of(replay(LOG));
    Locale before = Locale.getDefault();
    try {
      for (String tag :
          List.of("ar-EG-u-nu-arab", "tr-TR", "hi-IN-u-nu-deva", "th-TH-u-ca-buddhist")) {
        Locale.setDefault(Locale.forLanguageTag(tag));
        assertThat(String.format("%d", 3).equals("3")).isEqualTo(tag.startsWith("t"));
        assertThat(StateDigest.of(replay(LOG))).as(tag).isEqualTo(expected);
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void restartFromStoredEntitiesGoesOnAsIfNothingHadBeen() {
    String expected = StateDigest.of(replay(LOG));
    for (int cut = 0; cut < LOG.size(); cut += 17) {
      State stored = new State();
      State before = replay(LOG.subList(0, cut));
      for (Table table : Table.values()) {
        before.table(table).forEach((key, value) -> stored.put(new Change(table, key, value)));
      }
      assertThat(stored.nextDue()).isEqualTo(before.nextDue());
      Apply apply = new Apply();
      for (int i = cut; i < LOG.size(); i++) {
        apply.apply(stored, LOG.get(i), i + 1);
      }
      assertThat(StateDigest.of(stored)).as("restarted at entry " + cut).isEqualTo(expected);
    }
  }

  @Test
  void batchingChangesIndexesAndNothingElse() {
    List<Entry> batched = new ArrayList<>();
    for (Entry entry : LOG) {
      Entry last = batched.isEmpty() ? Entry.getDefaultInstance() : batched.get(batched.size() - 1);
      if (last.getAt() == entry.getAt() && last.getRequestsCount() < 5) {
        batched.set(
            batched.size() - 1, last.toBuilder().addAllRequests(entry.getRequestsList()).build());
      } else {
        batched.add(entry);
      }
    }
    assertThat(batched).hasSizeLessThan(LOG.size() / 2);
    assertThat(withoutIndexes(replay(batched))).isEqualTo(withoutIndexes(replay(LOG)));
  }

  @Test
  void clockNeverGoesBack() {
    State state = replay(LOG);
    long now = state.meta().getNow();
    Entry entry =
        Entry.newBuilder()
            .setAt(now - 10_000)
            .addRequests(
                FleetScenario.request(
                    Command.newBuilder().setTick(io.pilothouse.api.log.v1.Tick.newBuilder()),
                    "dm",
                    ""))
            .build();
    List<Reply> replies = new Apply().apply(state, entry, LOG.size() + 1).replies();
    assertThat(replies.get(0).hasRefusal()).isFalse();
    assertThat(state.meta().getNow()).isEqualTo(now);
  }

  private static State replay(List<Entry> log) {
    State state = new State();
    Apply apply = new Apply();
    long index = 0;
    for (Entry entry : log) {
      apply.apply(state, entry, ++index);
    }
    return state;
  }

  /** Entities and records with what names a log index taken out. */
  private static List<String> withoutIndexes(State state) {
    List<String> all = new ArrayList<>();
    for (Table table : Table.values()) {
      for (Object each : state.table(table).values()) {
        all.add(
            switch (each) {
              case Machine machine -> machine.toBuilder().clearRevision().build().toString();
              case AuditRecord record when record.getKind().equals("FLEET") -> record.getText();
              case AuditRecord record ->
                  record.toBuilder().clearIndex().clearOrdinal().clearHash().build().toString();
              case io.pilothouse.api.log.v1.Meta meta ->
                  meta.toBuilder().clearFleetRevision().clearAuditHash().build().toString();
              default -> each.toString();
            });
      }
    }
    return all;
  }

  private static List<Entry> eventfulLife() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.machine("web-03").losesPower();
    fleet.machine("web-04").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    fleet.repairService().claims("web-04").executes("web-04");
    fleet.passes(QuickFleet.CONFIRM);
    fleet.machine("web-03").losesPower();
    fleet.sends(
        Command.newBuilder().setMachineReplaced(MachineReplaced.newBuilder().setMachine("web-04")));
    fleet.machine("web-04").isInstalled().reportsOk();
    fleet.passes(QuickFleet.PROBATION_MAX);
    assertThat(fleet.repairOf("web-03").getAction()).isEqualTo(Action.REBOOT);
    fleet.repairService().claims("web-03").executes("web-03");
    fleet.machine("web-03").boots("disk").reportsOk();
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getBudgetsBuilder().setFleet(Limit.newBuilder().setPercent(12.5));
    fleet.apply(spec.build());
    fleet.isRefused(
        Command.newBuilder().setMachineReplaced(MachineReplaced.newBuilder().setMachine("web-04")));
    fleet.machine("web-05").isHeldFor(Duration.ofMinutes(3)).failsOnce("heartbeat");
    fleet.passes(Duration.ofMinutes(10));
    return List.copyOf(fleet.log);
  }
}
