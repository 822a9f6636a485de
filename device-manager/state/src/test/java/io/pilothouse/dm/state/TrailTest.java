package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.manifests.audit.AuditChain;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The audit trail is a chain: whoever changes a record must change all that follow. */
class TrailTest {

  @Test
  void everyRecordFollowsFromTheOneBefore() {
    FleetScenario fleet = FleetScenario.inService();
    assertThat(fleet.state.audit()).hasSizeGreaterThan(20);
    assertThat(followed(fleet.state, ByteString.EMPTY)).isEqualTo(Trail.head(fleet.state));
  }

  /** Pins the format: an export of any release can be verified by any other. */
  @Test
  void theHashOfARecordIsTheSameForEver() {
    AuditRecord record =
        AuditRecord.newBuilder()
            .setIndex(7)
            .setOrdinal(1)
            .setAt(1_772_352_000_000L)
            .setKind("OPERATOR")
            .setSubject("machine/web-03")
            .setMachine("web-03")
            .setTo("held")
            .addEvidence("a disk is swapped")
            .setPrincipal("operator/alice")
            .setReason("disk swap")
            .setRequestId("rid")
            .setTrigger("HOLD_MACHINE")
            .setText("held")
            .build();
    ByteString first = AuditChain.hash(ByteString.EMPTY, record);
    assertThat(hex(first))
        .isEqualTo("2507eafbf89096344bd0277994ef72075214ac01d0b28cddd7507d370ff59923");
    assertThat(hex(AuditChain.hash(first, record)))
        .isEqualTo("ecf9c877d739c7e4de3f22fd34909d98718aa50200337e571bd7a2ae60d68ce0");
    assertThat(AuditChain.hash(first, record.toBuilder().setHash(first).build()))
        .as("its own hash is not part of it")
        .isEqualTo(AuditChain.hash(first, record));
  }

  @Test
  void aRefusedCommandLeavesTheChainWhereItWas() {
    FleetScenario fleet = FleetScenario.inService();
    ByteString before = Trail.head(fleet.state);
    fleet.isRefused(
        Command.newBuilder().setUnholdMachine(UnholdMachine.newBuilder().setMachine("web-01")));
    assertThat(Trail.head(fleet.state)).isEqualTo(before);
    fleet.sends(Command.newBuilder().setHoldMachine(HoldMachine.newBuilder().setMachine("web-01")));
    assertThat(followed(fleet.state, ByteString.EMPTY)).isEqualTo(Trail.head(fleet.state));
  }

  @Test
  void aTrailFromBeforeTheChainGoesOnAsOne() {
    FleetScenario fleet = FleetScenario.inService();
    for (AuditRecord record : List.copyOf(fleet.state.audit())) {
      fleet.putEverywhere(
          new Change(
              Table.AUDIT,
              Change.auditKey(record.getIndex(), record.getOrdinal()),
              record.toBuilder().clearHash().build()));
    }
    fleet.putEverywhere(
        new Change(
            Table.META, Change.ONLY, fleet.state.meta().toBuilder().clearAuditHash().build()));

    fleet.sends(Command.newBuilder().setHoldMachine(HoldMachine.newBuilder().setMachine("web-01")));

    List<AuditRecord> chained =
        fleet.state.audit().stream().filter(each -> !each.getHash().isEmpty()).toList();
    assertThat(chained).hasSize(1);
    assertThat(chained.get(0).getHash())
        .isEqualTo(AuditChain.hash(ByteString.EMPTY, chained.get(0)))
        .isEqualTo(Trail.head(fleet.state));
  }

  @Test
  void retentionKeepsWhatTheOldestRecordGoesOnFrom() {
    FleetScenario fleet = FleetScenario.expected();
    fillTrail(fleet, 50_000);
    ByteString base = firstRecords(fleet.state, 3).get(2).getHash();
    ByteString head = Trail.head(fleet.state);

    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)));
    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(false)));
    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)));

    assertThat(fleet.state.audit()).hasSize(50_000);
    assertThat(Trail.hashBefore(fleet.state, Change.auditKey(0, 0))).isEqualTo(base);
    assertThat(followed(fleet.state, base)).isEqualTo(Trail.head(fleet.state)).isNotEqualTo(head);
  }

  private static List<AuditRecord> firstRecords(State state, int count) {
    return new ArrayList<>(state.audit()).subList(0, count);
  }

  /** As if the fleet had lived long: so many records, chained. */
  private static void fillTrail(FleetScenario fleet, int count) {
    TrailChain chain = TrailChain.of(fleet.state.meta());
    long index = fleet.state.audit().stream().mapToLong(AuditRecord::getIndex).max().orElseThrow();
    for (int i = 1_000; fleet.state.audit().size() < count; i++) {
      AuditRecord record =
          chain.append(AuditRecord.newBuilder().setIndex(index).setOrdinal(i).setText("old"));
      fleet.putEverywhere(new Change(Table.AUDIT, Change.auditKey(index, i), record));
    }
    fleet.putEverywhere(
        new Change(Table.META, Change.ONLY, chain.seal(fleet.state.meta()).orElseThrow()));
  }

  private static ByteString followed(State state, ByteString base) {
    ByteString last = base;
    for (AuditRecord record : state.audit()) {
      assertThat(record.getHash())
          .as("record %d.%d".formatted(record.getIndex(), record.getOrdinal()))
          .isEqualTo(AuditChain.hash(last, record));
      last = record.getHash();
    }
    return last;
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }
}
