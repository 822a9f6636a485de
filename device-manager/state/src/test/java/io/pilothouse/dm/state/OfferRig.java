package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import java.util.List;

/** A fleet, and a scheduler that writes down frameworks and agents under its lease. */
abstract class OfferRig {
  final FleetScenario fleet = FleetScenario.inService(OffersTest.offering());
  final long token = fleet.lease("scheduler", "s-1");

  UpdateOffers.Builder update() {
    return UpdateOffers.newBuilder().setLeaseToken(token);
  }

  static Command.Builder of(UpdateOffers.Builder update) {
    return Command.newBuilder().setUpdateOffers(update);
  }

  static OfferFramework framework(String id) {
    return OfferFramework.newBuilder()
        .setId(id)
        .setName("count")
        .setPrincipal("physics")
        .addRoles("batch")
        .addRoles("prod")
        .setFailoverTimeoutMs(60_000)
        .setInfo(ByteString.copyFromUtf8("info of " + id))
        .build();
  }

  static OfferAgent agent(String machine, String id) {
    return OfferAgent.newBuilder().setMachine(machine).setId(id).build();
  }

  static FrameworkEnd end(String id, String why) {
    return FrameworkEnd.newBuilder().setId(id).setWhy(why).build();
  }

  void writes(OfferFramework... frameworks) {
    fleet.sends(of(update().addAllFrameworks(List.of(frameworks))));
  }

  void ends(String id, String why) {
    fleet.sends(of(update().addFrameworksEnded(end(id, why))));
  }

  Refusal refusedFramework(OfferFramework framework) {
    return fleet.isRefused(of(update().addFrameworks(framework)));
  }

  OfferFramework kept(String id) {
    return fleet.state.offerFramework(id).orElseThrow();
  }

  List<AuditRecord> records() {
    return fleet.state.audit().stream().filter(each -> each.getKind().equals("OFFERS")).toList();
  }

  /** Whether the command is done and changes nothing, not even the trail. */
  void changesNothing(UpdateOffers.Builder update) {
    fleet.sends(of(update())); // sets the clock
    String before = StateDigest.of(fleet.state);
    fleet.sends(of(update));
    assertThat(StateDigest.of(fleet.state)).isEqualTo(before);
  }
}
