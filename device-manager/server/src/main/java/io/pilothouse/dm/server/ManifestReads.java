package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.dm.state.Authorization;
import io.pilothouse.dm.state.Manifests;
import io.pilothouse.dm.state.RefusedException;
import io.pilothouse.dm.state.VersionUses;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What people ask about versions: which there are, who needs them, whether one would be taken. */
final class ManifestReads {

  private final Ledger ledger;
  private final Writes writes;

  ManifestReads(Ledger ledger, Writes writes) {
    this.ledger = ledger;
    this.writes = writes;
  }

  /** By name, then version; of one name, or of all when it is empty. */
  ListManifestsReply list(String name) {
    writes.linearize();
    return ledger.read(
        state -> {
          // the table is in the order of NAME@VERSION, where "a-b@1" is before "a@1"
          List<Manifest> items =
              state.manifests().stream()
                  .filter(each -> name.isEmpty() || name.equals(each.getRef().getName()))
                  .sorted(Comparator.comparing((Manifest each) -> each.getRef().getName()))
                  .toList();
          return ListManifestsReply.newBuilder()
              .addAllItems(items)
              .addAllUses(VersionUses.of(state, items))
              .addAllReplicas(state.replicas())
              .setRevision(ledger.appliedIndex())
              .build();
        });
  }

  /** Refuses what a registration would be refused for now; nothing is written. */
  WriteReply check(Manifest manifest) {
    writes.linearize();
    String principal = Caller.current().principal().toString();
    Command command =
        Command.newBuilder()
            .setRegisterManifest(RegisterManifest.newBuilder().setManifest(manifest))
            .build();
    return ledger.read(
        state -> {
          Optional<Refusal> objection = Authorization.objection(state, principal, command);
          if (objection.isPresent()) {
            throw Refusals.of(objection.get());
          }
          try {
            Manifests.admit(state, manifest);
            return WriteReply.newBuilder().setRevision(ledger.appliedIndex()).build();
          } catch (RefusedException e) {
            throw Refusals.of(e.refusal());
          }
        });
  }
}
