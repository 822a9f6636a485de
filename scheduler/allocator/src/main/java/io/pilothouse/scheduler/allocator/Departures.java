package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.Allocator.InverseOffer;
import io.pilothouse.scheduler.allocator.Allocator.Unavailability;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Asks frameworks to leave agents that are to be taken away. An answer is heard, not obeyed: the
 * agent goes when it goes.
 */
final class Departures {
  private final Books books;
  private final Set<Machine> leaving = new LinkedHashSet<>();

  Departures(Books books) {
    this.books = books;
  }

  void set(Machine machine, Optional<Unavailability> unavailability) {
    machine.leaving = unavailability.map(Leaving::new).orElse(null);
    if (unavailability.isPresent()) {
      leaving.add(machine);
    } else {
      leaving.remove(machine);
    }
  }

  List<InverseOffer> ask(long now) {
    List<InverseOffer> result = new ArrayList<>();
    for (Machine machine : leaving) {
      Leaving departure = machine.leaving;
      if (departure == null) {
        continue;
      }
      for (Client client : machine.allocated.keySet()) {
        String framework = client.framework.id;
        boolean due = departure.refusedUntil.getOrDefault(framework, Long.MIN_VALUE) <= now;
        if (client.framework.active && due && departure.asked.add(framework)) {
          result.add(new InverseOffer(framework, machine.agent.id(), departure.when));
        }
      }
    }
    return result;
  }

  void answer(
      Machine machine,
      String framework,
      Optional<Boolean> accepted,
      OptionalLong refuseMillis,
      long now) {
    Leaving departure = machine.leaving;
    // an answer to what is not asked (any more) is an old one
    if (departure == null || !departure.asked.remove(framework)) {
      return;
    }
    accepted.ifPresent(answer -> departure.answers.put(framework, answer));
    long refuse = refuseMillis.orElse(0);
    if (refuse > 0) {
      long until = now > Long.MAX_VALUE - refuse ? Long.MAX_VALUE : now + refuse;
      departure.refusedUntil.put(framework, until);
    }
  }

  Map<String, Boolean> answers(Machine machine) {
    return machine.leaving == null
        ? Map.of()
        : Collections.unmodifiableMap(new TreeMap<>(machine.leaving.answers));
  }

  /** It wants to hear about all again. */
  void askAgain(String framework) {
    for (Machine machine : leaving) {
      if (machine.leaving != null) {
        machine.leaving.refusedUntil.remove(framework);
      }
    }
  }

  /** It is gone or disconnected, and with it the questions that it had not answered. */
  void forget(String framework) {
    for (Machine machine : leaving) {
      if (machine.leaving != null) {
        machine.leaving.asked.remove(framework);
        machine.leaving.refusedUntil.remove(framework);
        if (!books.members.containsKey(framework)) {
          machine.leaving.answers.remove(framework);
        }
      }
    }
  }
}
