package io.pilothouse.repair;

import io.pilothouse.api.v1.RepairTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Replacements that a technician does in one walk to a rack: a ticket joins the visit that another
 * one of its rack began, for some hours. A file each, {@code visits/V-r7-R-12.txt}.
 */
final class Visits {
  private static final String SUFFIX = ".txt";
  private static final String CLOSED = "CLOSED: nothing is left to do\n";

  /** A visit that a ticket of this process began or joined, maybe not on record yet. */
  private record Begun(String id, long at) {}

  private final Path directory;
  private final TicketEvents events;
  private final Duration window;
  private final Clock clock;
  private final Map<String, Begun> byRack = new HashMap<>();
  private final Map<String, String> byRepair = new HashMap<>();

  /** Those known to be closed: their files need not be read again. */
  private final Set<String> closed = new TreeSet<>();

  Visits(Path tickets, TicketEvents events, Duration window, Clock clock) {
    this.directory = tickets.toAbsolutePath().normalize().resolve("visits");
    this.events = events;
    this.window = window;
    this.clock = clock;
  }

  /** The visit of a replacement: the one on record, its rack's open one, or a new one. */
  synchronized String of(RepairTask task) {
    String repair = task.getRepair().getId();
    String recorded = task.getRepair().getTicket().getVisit();
    if (!recorded.isEmpty()) {
      return recorded;
    }
    String known = byRepair.get(repair);
    if (known != null) {
      return known;
    }
    String rack = task.getMachine().getRack();
    Optional<Begun> open =
        Optional.ofNullable(rack.isEmpty() ? null : byRack.get(rack))
            .filter(each -> clock.millis() - each.at() < window.toMillis());
    Begun visit = open.orElseGet(() -> new Begun(name(rack, repair), clock.millis()));
    if (!rack.isEmpty()) {
      byRack.put(rack, visit);
    }
    byRepair.put(repair, visit.id());
    return visit.id();
  }

  private static String name(String rack, String repair) {
    return rack.isEmpty()
        ? "V-" + repair
        : "V-%s-%s".formatted(rack.replaceAll("[^A-Za-z0-9.-]", "_"), repair);
  }

  /** Learns of the visits on record, so that a restart goes on with them. */
  synchronized void learn(List<RepairTask> ticketed, Set<String> open) {
    byRepair.keySet().retainAll(open);
    for (RepairTask task : ticketed) {
      String visit = task.getRepair().getTicket().getVisit();
      String rack = task.getMachine().getRack();
      long openedAt = task.getRepair().getTicket().getOpenedAt();
      if (visit.isEmpty() || rack.isEmpty()) {
        continue;
      }
      Begun known = byRack.get(rack);
      if (known == null) {
        byRack.put(rack, new Begun(visit, openedAt));
      } else if (known.id().equals(visit) && openedAt < known.at()) {
        byRack.put(rack, new Begun(visit, openedAt)); // it began with its first ticket
      } else if (!known.id().equals(visit) && openedAt > known.at()) {
        byRack.put(rack, new Begun(visit, openedAt));
      }
    }
  }

  /** Brings the files up to date with the open tickets, and tells the ticket system of changes. */
  void write(List<RepairTask> open) throws IOException {
    Map<String, List<RepairTask>> visits = new LinkedHashMap<>();
    for (RepairTask task : open) {
      String visit = task.getRepair().getTicket().getVisit();
      if (!visit.isEmpty()) {
        visits.computeIfAbsent(visit, each -> new ArrayList<>()).add(task);
      }
    }
    for (Map.Entry<String, List<RepairTask>> each : visits.entrySet()) {
      String rack = each.getValue().get(0).getMachine().getRack();
      update(each.getKey(), rack, each.getValue(), text(each.getKey(), rack, each.getValue()));
    }
    for (String visit : written()) {
      if (visits.containsKey(visit)) {
        continue;
      }
      if (closed.contains(visit)) {
        if (Kept.removeOld(directory.resolve(visit + SUFFIX), clock)) {
          closed.remove(visit);
        }
      } else {
        update(visit, "", List.of(), "Visit %s%n%s".formatted(visit, CLOSED));
        closed.add(visit);
      }
    }
  }

  private void update(String visit, String rack, List<RepairTask> tasks, String text)
      throws IOException {
    Path file = directory.resolve(visit + SUFFIX);
    if (Files.exists(file) && Files.readString(file).equals(text)) {
      return;
    }
    events.visit(visit, rack, tasks);
    Files.createDirectories(directory);
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, text);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String text(String visit, String rack, List<RepairTask> tasks) {
    StringBuilder text =
        new StringBuilder("Visit %s, rack %s%n%n".formatted(visit, rack.isEmpty() ? "-" : rack));
    for (RepairTask task : tasks) {
      text.append(
          "  %s  replace %s: %s%n        when done: pilot machine replaced %s%n"
              .formatted(
                  task.getRepair().getId(),
                  task.getRepair().getMachine(),
                  task.getRepair().getFault(),
                  task.getRepair().getMachine()));
    }
    return text.toString();
  }

  private Set<String> written() throws IOException {
    if (!Files.isDirectory(directory)) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(each -> each.getFileName().toString())
          .filter(each -> each.endsWith(SUFFIX))
          .map(each -> each.substring(0, each.length() - SUFFIX.length()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
