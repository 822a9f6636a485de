package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.DomainHold;
import io.pilothouse.api.v1.Hold;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.manifests.pattern.Near;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Operators' vetoes over whole domains: no repair, install or rollout touches what is in them. The
 * return to HEALTHY goes on.
 */
final class DomainHolds {

  private DomainHolds() {}

  /** A person holds a domain, or ends that. Holding one that is held replaces reason and end. */
  static void hold(Draft draft, HoldDomain command) throws RefusedException {
    String domain = command.getDomain();
    Optional<DomainHold> held = draft.domainHold(domain);
    if (command.getEnd()) {
      if (held.isEmpty()) {
        throw new RefusedException(
            Refusal.Code.PRECONDITION,
            "\"" + domain + "\" is not held",
            "`pilot status` names the domains that are");
      }
      end(draft, held.get(), "the hold was ended");
      return;
    }
    SortedSet<String> known = known(draft);
    if (!known.contains(domain)) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no domain \"" + domain + "\"" + Near.hint(domain, known),
          "name the fleet, or one as unit/NAME rack/NAME switch/NAME feed/NAME type/NAME;"
              + " `pilot repair budget` shows them");
    }
    Hold hold = Operators.newHold(draft, command.getForMs());
    draft.put(
        DomainHold.newBuilder().setDomain(domain).setHold(hold).setDueAt(hold.getUntil()).build());
    audit(draft, domain, "held", "no repair, install or rollout touches what is in it");
    touchMembers(draft, domain);
  }

  /** Whether it ends a hold, or replaces it by one that ends before it would. */
  static boolean endsEarlier(Entities state, HoldDomain command) {
    if (command.getEnd() || !FeatureLevel.has(state, FeatureLevel.SHORTENED_HOLDS)) {
      return command.getEnd();
    }
    long until = state.meta().getNow() + command.getForMs();
    return command.getForMs() != 0
        && state
            .domainHold(command.getDomain())
            .map(held -> held.getHold().getUntil())
            .filter(end -> end == 0 || until < end)
            .isPresent();
  }

  /** Ends holds whose time is over. */
  static void expire(Draft draft) {
    for (String domain : draft.due(Table.DOMAIN_HOLD).keySet()) {
      end(draft, draft.domainHold(domain).orElseThrow(), "the hold expired");
    }
  }

  private static void end(Draft draft, DomainHold hold, String text) {
    draft.removeDomainHold(hold.getDomain());
    audit(draft, hold.getDomain(), "", text);
    touchMembers(draft, hold.getDomain());
  }

  /** Why a machine is left alone, when one of its domains is held: the widest first. */
  static Optional<Veto> veto(Entities state, Machine machine) {
    if (state.table(Table.DOMAIN_HOLD).isEmpty()) {
      return Optional.empty();
    }
    return domainsOf(machine).stream()
        .map(state::domainHold)
        .flatMap(Optional::stream)
        .findFirst()
        .map(DomainHolds::veto);
  }

  private static Veto veto(DomainHold held) {
    Hold hold = held.getHold();
    return Veto.newBuilder()
        .setKind("hold")
        .setDomain(held.getDomain())
        .setUntil(hold.getUntil())
        .setSentence(
            "%s is held by %s%s: %s"
                .formatted(
                    held.getDomain(),
                    hold.getPrincipal(),
                    hold.getUntil() == 0 ? "" : " until " + Instant.ofEpochMilli(hold.getUntil()),
                    hold.getReason()))
        .build();
  }

  /** Whether a person's hold is on the machine or on a domain that it is in. */
  static boolean isHeld(Entities state, Machine machine) {
    return machine.hasHold() || veto(state, machine).isPresent();
  }

  /**
   * The domains whose hold concerns a machine, from the widest. Unlike those of the budget ({@link
   * Domains#of}) they include the rack that a switch stands in: who holds a rack means it, too.
   */
  static List<String> domainsOf(Machine machine) {
    List<String> domains = new ArrayList<>();
    domains.add("fleet");
    add(domains, "unit/", machine.getScaleUnit());
    add(domains, "rack/", machine.getRack());
    add(domains, "switch/", machine.getSwitch());
    add(domains, "feed/", machine.getFeed());
    add(domains, "type/", machine.getType());
    return domains;
  }

  private static void add(List<String> domains, String kind, String name) {
    if (!name.isEmpty()) {
      domains.add(kind + name);
    }
  }

  private static SortedSet<String> known(Entities state) {
    SortedSet<String> known = new TreeSet<>();
    known.add("fleet");
    state.fleet().getUnitsList().stream()
        .map(ScaleUnit::getName)
        .forEach(each -> known.add("unit/" + each));
    state.fleet().getTypesList().stream()
        .map(MachineType::getName)
        .forEach(each -> known.add("type/" + each));
    state.machines().forEach(each -> known.addAll(domainsOf(each)));
    return known;
  }

  private static void touchMembers(Draft draft, String domain) {
    draft.machines().stream()
        .filter(each -> domainsOf(each).contains(domain))
        .forEach(each -> draft.touch(each.getName()));
  }

  private static void audit(Draft draft, String domain, String to, String text) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("OPERATOR")
            .setSubject(domain)
            .setFrom(to.isEmpty() ? "held" : "")
            .setTo(to)
            .setText(text));
  }
}
