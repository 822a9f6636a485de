package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RemoveManifest;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionRef;
import java.util.Optional;

/** Versions of manifests and images, and which deployment replicas hold them. */
final class Manifests {

  private Manifests() {}

  /** A version is immutable: the same one with other content is refused. */
  static void register(Draft draft, Manifest manifest) throws RefusedException {
    VersionRef ref = manifest.getRef();
    boolean named =
        ref.getName().matches("[a-z0-9][a-z0-9.-]{0,62}")
            && ref.getVersion().matches("[A-Za-z0-9][A-Za-z0-9._+-]{0,62}")
            && ref.getDigest().matches("[0-9a-f]{64}");
    if (!named) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "\"%s@%s\" with digest \"%s\" cannot be registered"
              .formatted(ref.getName(), ref.getVersion(), ref.getDigest()),
          "use a-z 0-9 . - for the name, letters, digits and . _ + - for the version");
    }
    Optional<Manifest> known = draft.manifest(ref.getName(), ref.getVersion());
    if (known.isPresent() && known.get().getRef().getDigest().equals(ref.getDigest())) {
      return;
    }
    if (known.isPresent()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is registered with other content: digest %s, not %s"
              .formatted(Texts.ref(ref), known.get().getRef().getDigest(), ref.getDigest()),
          "a version never changes: give the new content a new version");
    }
    draft.put(
        manifest.toBuilder()
            .setAddedAt(draft.nowMillis())
            .setPrincipal(draft.request().getPrincipal())
            .build());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("MANIFEST")
            .setSubject("manifest/" + Texts.ref(ref))
            .setTo(ref.getDigest())
            .setText(
                "registered %s, %s files, %s bytes"
                    .formatted(Texts.ref(ref), manifest.getFiles(), manifest.getBytes())));
  }

  /** Refused while a unit runs it, or a rollout brings it or may go back to it. */
  static void remove(Draft draft, RemoveManifest command) throws RefusedException {
    Optional<Manifest> known = draft.manifest(command.getName(), command.getVersion());
    String text = command.getName() + "@" + command.getVersion();
    if (known.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no version %s is registered".formatted(text),
          "list them: pilot manifest list");
    }
    Optional<String> use = use(draft, known.get().getRef());
    if (use.isPresent()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is needed: %s".formatted(text, use.get()),
          "roll another version out first");
    }
    draft.removeManifest(command.getName(), command.getVersion());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("MANIFEST")
            .setSubject("manifest/" + text)
            .setFrom(known.get().getRef().getDigest())
            .setText("removed " + text));
  }

  /** What needs a version; empty when nothing does. */
  private static Optional<String> use(Entities state, VersionRef ref) {
    for (Message each : state.table(Table.UNIT_VERSION).values()) {
      UnitVersion unit = (UnitVersion) each;
      if (unit.getVersion().equals(ref)) {
        return Optional.of("unit %s of %s runs it".formatted(unit.getScaleUnit(), unit.getType()));
      }
    }
    for (Image image : state.fleet().getImagesList()) {
      if (image.getName().equals(ref.getName()) && image.getVersion().equals(ref.getVersion())) {
        return Optional.of("the fleet's files name it as image");
      }
    }
    for (MachineType type : state.fleet().getTypesList()) {
      for (Rollout rollout : state.indexes().rollouts.ofType(state, type.getName())) {
        boolean names =
            rollout.getTo().equals(ref)
                || rollout.getUnitsList().stream().anyMatch(each -> each.getBefore().equals(ref));
        if (names && Rollouts.isOpen(rollout)) {
          return Optional.of("rollout %s has not ended".formatted(rollout.getId()));
        }
      }
    }
    return Optional.empty();
  }

  /** A deployment replica came, went, or holds more. */
  static void observe(Draft draft, DeploymentReplica replica) throws RefusedException {
    if (replica.getId().isEmpty() || replica.getAddress().isEmpty()) {
      throw new RefusedException(
          Refusal.Code.INVALID, "a deployment replica needs an id and an address", "name both");
    }
    Optional<DeploymentReplica> known = draft.replica(replica.getId());
    boolean before = known.map(DeploymentReplica::getUp).orElse(false);
    long since =
        known.isPresent() && before == replica.getUp() ? known.get().getSince() : draft.nowMillis();
    draft.put(replica.toBuilder().setSince(since).build());
    if (before != replica.getUp()) {
      draft.audit(
          AuditRecord.newBuilder()
              .setKind("MANIFEST")
              .setSubject("deployment/" + replica.getId())
              .setFrom(known.isEmpty() ? "" : before ? "up" : "down")
              .setTo(replica.getUp() ? "up" : "down")
              .setText(
                  replica.getUp() ? "serves at " + replica.getAddress() : "has not been heard of"));
    }
  }

  /** Whether a replica that is up holds all of a version. */
  static boolean isHeld(Entities state, VersionRef ref) {
    return state.replicas().stream()
        .anyMatch(each -> each.getUp() && each.getHeldList().contains(ref.getDigest()));
  }
}
