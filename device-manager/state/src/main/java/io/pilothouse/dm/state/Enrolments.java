package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.OpenEnrolment;
import io.pilothouse.api.log.v1.RedeemEnrolment;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Enrolment;
import io.pilothouse.api.v1.EnrolmentRefusal;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One-time tokens by which machines get their certificates. Only hashes of them are known here;
 * what is decided is whether one counts: for this machine, this install, now, and for one key.
 */
final class Enrolments {
  private static final Duration USUAL = Duration.ofMinutes(30);
  private static final Duration SHORTEST = Duration.ofMinutes(1);
  private static final Duration LONGEST = Duration.ofDays(1);

  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  private Enrolments() {}

  /** A token was made. The one before counts no more. */
  static void open(Draft draft, OpenEnrolment command) throws RefusedException {
    requireHash(command.getTokenSha256(), "token");
    long valid = command.getValidMs() == 0 ? USUAL.toMillis() : command.getValidMs();
    if (valid < SHORTEST.toMillis() || valid > LONGEST.toMillis()) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "a token cannot be valid for %s ms; expected a minute to a day".formatted(valid),
          "give a time between");
    }
    Machine machine = find(draft, command.getMachine());
    boolean install = command.getLeaseToken() != 0 || command.getInstall() != 0;
    if (install) {
      Leases.require(draft, "provisioning", command.getLeaseToken());
      Provision.requireToken(machine, command.getInstall());
      requirePowering(machine);
    }
    Enrolment before = machine.getEnrolment();
    if (before.getTokenSha256().equals(command.getTokenSha256())) {
      return; // the same once more: what became of it stays
    }
    Enrolment made =
        Enrolment.newBuilder()
            .setTokenSha256(command.getTokenSha256())
            .setOpenedAt(draft.nowMillis())
            .setOpenedBy(draft.request().getPrincipal())
            .setExpiresAt(draft.nowMillis() + valid)
            .setInstall(command.getInstall())
            .build();
    draft.put(machine.toBuilder().setEnrolment(made).build());
    boolean revoked = machine.hasEnrolment() && before.getKeySha256().isEmpty();
    record(
        draft,
        machine,
        "a token was made%s, valid until %s%s"
            .formatted(
                install ? " for this install" : "",
                Instant.ofEpochMilli(made.getExpiresAt()),
                revoked ? "; the unused one before counts no more" : ""));
  }

  /**
   * Somebody shows a token and wants a key certified. A refusal that an operator must see changes
   * the state, so it is a reply and not an exception, which would undo it.
   */
  static void redeem(Draft draft, RedeemEnrolment command, Reply.Builder reply)
      throws RefusedException {
    requireHash(command.getTokenSha256(), "token");
    requireHash(command.getKeySha256(), "public key");
    Machine machine = find(draft, command.getMachine());
    Optional<Objection> objection = objection(draft, machine, command);
    if (objection.isPresent()) {
      EnrolmentRefused.note(draft, machine, objection.get().kind(), objection.get().message());
      reply.setRefusal(objection.get().refusal());
      return;
    }
    if (!machine.getEnrolment().getKeySha256().isEmpty()) {
      return; // the answer was lost: the same key gets the same result
    }
    Enrolment used =
        machine.getEnrolment().toBuilder()
            .setKeySha256(command.getKeySha256())
            .setRedeemedAt(draft.nowMillis())
            .setRedeemedBy(draft.request().getPrincipal())
            .build();
    draft.put(machine.toBuilder().setEnrolment(used).build());
    record(
        draft,
        machine,
        "the token was redeemed for the public key of SHA-256 " + command.getKeySha256());
  }

  /** Why a token does not count. */
  private record Objection(EnrolmentRefusal.Kind kind, String message, String remedy) {
    Refusal refusal() {
      return Refusal.newBuilder()
          .setCode(Refusal.Code.NOT_ALLOWED)
          .setMessage(message)
          .setRemedy(remedy)
          .build();
    }
  }

  private static Optional<Objection> objection(
      Draft draft, Machine machine, RedeemEnrolment command) {
    Enrolment open = machine.getEnrolment();
    String name = machine.getName();
    if (!machine.hasEnrolment() || !open.getTokenSha256().equals(command.getTokenSha256())) {
      return objection(
          EnrolmentRefusal.Kind.NONE_THAT_COUNTS,
          "the token is none that counts for " + name,
          "it may have been replaced by a newer one; make one: pilot machine enrol " + name);
    }
    if (open.getExpiresAt() <= draft.nowMillis()) {
      return objection(
          EnrolmentRefusal.Kind.EXPIRED,
          "the token of %s expired at %s, and it is %s"
              .formatted(
                  name,
                  Instant.ofEpochMilli(open.getExpiresAt()),
                  Instant.ofEpochMilli(draft.nowMillis())),
          "make one: pilot machine enrol " + name);
    }
    if (open.getInstall() != 0 && machine.getProvisioning().getToken() != open.getInstall()) {
      return objection(
          EnrolmentRefusal.Kind.INSTALL_OVER,
          "the token of %s is of an install that is over".formatted(name),
          "the install that runs now has one of its own; or make one: pilot machine enrol " + name);
    }
    if (!open.getKeySha256().isEmpty() && !open.getKeySha256().equals(command.getKeySha256())) {
      return objection(
          EnrolmentRefusal.Kind.OTHER_KEY,
          "the token of %s was used at %s, for another key"
              .formatted(name, Instant.ofEpochMilli(open.getRedeemedAt())),
          "if that was not the machine: pilot pki revoke machine/%s, and find out who had the token"
              .formatted(name));
    }
    return Optional.empty();
  }

  private static Optional<Objection> objection(
      EnrolmentRefusal.Kind kind, String message, String remedy) {
    return Optional.of(new Objection(kind, message, remedy));
  }

  static void record(Draft draft, Machine machine, String text) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("ENROLMENT")
            .setSubject(Texts.machine(machine.getName()))
            .setMachine(machine.getName())
            .setText(text));
  }

  private static void requirePowering(Machine machine) throws RefusedException {
    Provisioning.Step step = machine.getProvisioning().getStep();
    if (step != Provisioning.Step.POWERING) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is at %s, not POWERING: its installer has its token already"
              .formatted(machine.getName(), step),
          "pull again");
    }
  }

  private static void requireHash(String hash, String of) throws RefusedException {
    if (!SHA_256.matcher(hash).matches()) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "'%s' is no SHA-256 of a %s; expected 64 lower-case hexadecimal digits"
              .formatted(hash.length() > 64 ? hash.substring(0, 64) + "…" : hash, of),
          "correct the request");
    }
  }

  private static Machine find(Draft draft, String name) throws RefusedException {
    Optional<Machine> machine = draft.machine(name);
    if (machine.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no machine \"" + name + "\" is known",
          "name it in machines.csv and apply, or wait until provisioning discovers it");
    }
    if (machine.get().getLifecycle() == Lifecycle.DECOMMISSIONED) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          name + " is decommissioned: it gets no certificate",
          "name it in machines.csv and apply, when it is to come back");
    }
    return machine.get();
  }
}
