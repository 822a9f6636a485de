package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RemoveManifest;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.util.List;
import java.util.Optional;

/**
 * Versions of manifests, images, watchdog sets and agents, and which deployment replicas hold them.
 */
public final class Manifests {

  /** Longer than over a weekend, when nobody may have looked. */
  private static final long REPLICA_FORGOTTEN_MS = 7 * 24 * 3_600_000L;

  private Manifests() {}

  /** A version is immutable: the same one with other content is refused. */
  static void register(Draft draft, Manifest sent) throws RefusedException {
    Manifest manifest = admit(draft, sent);
    VersionRef ref = manifest.getRef();
    Optional<Manifest> known = draft.manifest(ref.getName(), ref.getVersion());
    boolean signs =
        known.isPresent()
            && !manifest.getSignature().isEmpty()
            && !manifest.getSignature().equals(known.get().getSignature());
    if (known.isPresent() && !signs) {
      return;
    }
    if (known.isPresent()) {
      draft.put(
          known.get().toBuilder()
              .setSignature(manifest.getSignature())
              .setSignedBy(manifest.getSignedBy())
              .build());
    } else {
      draft.put(
          manifest.toBuilder()
              .setAddedAt(draft.nowMillis())
              .setPrincipal(draft.request().getPrincipal())
              .build());
    }
    String by = manifest.getSignedBy().isEmpty() ? "" : ", signed by key " + manifest.getSignedBy();
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("MANIFEST")
            .setSubject("manifest/" + Texts.ref(ref))
            .setTo(ref.getDigest())
            .setText(
                known.isPresent()
                    ? Texts.ref(ref) + " is there already" + by
                    : "registered %s, %s files, %s bytes%s"
                        .formatted(Texts.ref(ref), manifest.getFiles(), manifest.getBytes(), by)));
  }

  /**
   * Whether a version may be registered, before its contents are sent and again when they were.
   *
   * @return as it would be stored
   */
  public static Manifest admit(Entities state, Manifest sent) throws RefusedException {
    Manifest manifest = plain(sent);
    VersionRef ref = manifest.getRef();
    Optional<Manifest> known = state.manifest(ref.getName(), ref.getVersion());
    if (known.isPresent() && !known.get().getRef().getDigest().equals(ref.getDigest())) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is registered with other content: digest %s, not %s"
              .formatted(Texts.ref(ref), known.get().getRef().getDigest(), ref.getDigest()),
          "a version never changes: give the new content a new version");
    }
    requireOneThing(state, manifest);
    boolean again = known.isPresent() && manifest.getSignature().isEmpty();
    if (!again) {
      Signatures.require(state, manifest);
    }
    if (known.isEmpty()) {
      Quotas.require(state, manifest);
    }
    return manifest;
  }

  /** Refuses what makes no sense by itself; an image is one by either of its two fields. */
  private static Manifest plain(Manifest manifest) throws RefusedException {
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
    Thing thing = manifest.getImage() ? Thing.THING_IMAGE : manifest.getThing();
    boolean contradicts = manifest.getImage() && manifest.getThing() != Thing.THING_MANIFEST;
    if (thing == Thing.UNRECOGNIZED
        || manifest.getBytes() < 0
        || manifest.getFiles() < 0
        || (contradicts && manifest.getThing() != Thing.THING_IMAGE)) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "%s as %s with %s files and %s bytes cannot be registered"
              .formatted(
                  Texts.ref(ref), Words.thing(thing), manifest.getFiles(), manifest.getBytes()),
          "use the pilot of this version");
    }
    return manifest.toBuilder().setThing(thing).setImage(thing == Thing.THING_IMAGE).build();
  }

  /** What is rolled out goes by its name: an image must not become what machines run. */
  private static void requireOneThing(Entities state, Manifest manifest) throws RefusedException {
    Optional<Manifest> other =
        state.manifests().stream()
            .filter(each -> each.getRef().getName().equals(manifest.getRef().getName()))
            .filter(each -> Things.of(each) != manifest.getThing())
            .findFirst();
    if (other.isPresent()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s, so %s cannot be %s"
              .formatted(
                  Texts.ref(other.get().getRef()),
                  Words.thing(Things.of(other.get())),
                  Texts.ref(manifest.getRef()),
                  Words.thing(manifest.getThing())),
          "give it another name");
    }
  }

  /** Refused while anything needs it. */
  static void remove(Draft draft, RemoveManifest command) throws RefusedException {
    Optional<Manifest> known = draft.manifest(command.getName(), command.getVersion());
    String text = command.getName() + "@" + command.getVersion();
    if (known.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no version %s is registered".formatted(text),
          "list them: pilot manifest list");
    }
    List<String> needed = VersionUses.of(draft, known.get()).getNeededList();
    if (!needed.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is needed: %s".formatted(text, String.join("; ", needed)),
          "bring another version there first: pilot rollout start");
    }
    draft.removeManifest(command.getName(), command.getVersion());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("MANIFEST")
            .setSubject("manifest/" + text)
            .setFrom(known.get().getRef().getDigest())
            .setText("removed " + text));
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

  /**
   * One that was retired, or runs under another name now, is never heard of again and nobody says
   * so. While none is up those that are down are what is wrong, and stay.
   */
  static void forgetReplicas(Draft draft) {
    long since = draft.nowMillis() - REPLICA_FORGOTTEN_MS;
    List<DeploymentReplica> gone =
        draft.replicas().stream()
            .filter(each -> !each.getUp() && each.getSince() <= since)
            .toList();
    if (gone.isEmpty()
        || !FeatureLevel.has(draft, FeatureLevel.OWN_REPLICAS)
        || draft.replicas().stream().noneMatch(DeploymentReplica::getUp)) {
      return;
    }
    for (DeploymentReplica each : gone) {
      draft.removeReplica(each.getId());
      draft.audit(
          AuditRecord.newBuilder()
              .setKind("MANIFEST")
              .setSubject("deployment/" + each.getId())
              .setFrom("down")
              .setText("has not been heard of for a week, and is forgotten"));
    }
  }

  /** Whether a replica that is up holds all of a version. */
  static boolean isHeld(Entities state, VersionRef ref) {
    return state.replicas().stream().anyMatch(each -> serves(each, ref));
  }

  /** Whether a replica is up and holds all of a version. */
  static boolean serves(DeploymentReplica replica, VersionRef ref) {
    return replica.getUp() && replica.getHeldList().contains(ref.getDigest());
  }

  /**
   * Whether an installer would find its image nowhere. Where there never was a deployment replica
   * images come from elsewhere.
   */
  static boolean isOutOfReach(Entities state, VersionRef image) {
    return !state.replicas().isEmpty() && !isHeld(state, image);
  }

  /** What to say when it is not {@link #isHeld}. */
  static String notHeld(VersionRef ref) {
    return "no deployment replica that is up holds all of " + Texts.ref(ref);
  }
}
