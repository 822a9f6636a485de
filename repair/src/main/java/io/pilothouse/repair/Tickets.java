package io.pilothouse.repair;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that ask a person to replace a machine, one a repair: {@code R-7.txt}. Closed ones get
 * a last line that says so.
 */
final class Tickets {
  private static final Logger log = LoggerFactory.getLogger(Tickets.class);
  private static final String CLOSED = "CLOSED ";
  private static final String SUFFIX = ".txt";
  private static final String ANEW = ", anew: ";
  private static final Pattern OPENING = Pattern.compile("opened .*" + ANEW + "(\\d{1,6})");

  private final Path directory;
  private final TicketEvents events;
  private final Clock clock;

  /** Those known to be closed: their files need not be read again. */
  private final Set<String> closed = ConcurrentHashMap.newKeySet();

  /** Machines of those known to be open, by repair: as above. */
  private final ConcurrentMap<String, String> open = new ConcurrentHashMap<>();

  /**
   * What a file says: which machine it is about, the how-manieth ticket, and whether it is over.
   */
  private record Written(String title, int opening, boolean isClosed) {
    static Written of(Path file) throws IOException {
      List<String> lines = Files.readAllLines(file);
      int opening =
          lines.stream()
              .map(OPENING::matcher)
              .filter(Matcher::matches)
              .mapToInt(each -> Integer.parseInt(each.group(1)))
              .findFirst()
              .orElse(1);
      boolean closed = !lines.isEmpty() && lines.getLast().startsWith(CLOSED);
      return new Written(lines.isEmpty() ? "" : lines.getFirst(), opening, closed);
    }
  }

  Tickets(Path directory, TicketEvents events, Clock clock) {
    this.directory = directory.toAbsolutePath().normalize();
    this.events = events;
    this.clock = clock;
  }

  Path file(String repair) {
    return directory.resolve(repair + SUFFIX);
  }

  /**
   * Writes the ticket unless it is there; then the file is whole. The event goes first: a crash in
   * between sends it twice under the same key, and never not at all. A ticket that was closed while
   * its repair waited is opened anew; so is one of another repair with this number, of before a
   * restore.
   */
  synchronized Path open(RepairTask task, String visit) throws IOException {
    String id = task.getRepair().getId();
    String machine = task.getRepair().getMachine();
    Path file = file(id);
    boolean there = Files.exists(file);
    if (there && machine.equals(open.get(id))) {
      return file;
    }
    Optional<Written> before = there ? Optional.of(Written.of(file)) : Optional.empty();
    String title = title(task.getRepair());
    if (before.filter(each -> each.title().equals(title) && !each.isClosed()).isEmpty()) {
      if (before.isPresent() && !before.get().isClosed()) {
        events.closed(id, before.get().opening());
      }
      int opening = before.map(Written::opening).orElse(0) + 1;
      Files.createDirectories(directory);
      events.opened(task, visit, opening);
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(fresh, text(task, visit, opening));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      log.info("ticket {}: replace {}", file, machine);
    }
    closed.remove(id);
    open.put(id, machine);
    return file;
  }

  private static String title(Repair repair) {
    return "Repair %s: replace %s".formatted(repair.getId(), repair.getMachine());
  }

  private String text(RepairTask task, String visit, int opening) {
    Repair repair = task.getRepair();
    Machine machine = task.getMachine();
    String evidence =
        repair.getEvidenceList().isEmpty()
            ? "  none was recorded"
            : repair.getEvidenceList().stream()
                .map(each -> "  - " + each)
                .collect(Collectors.joining("\n"));
    return """
        %s

        machine     %s
        type        %s
        scale unit  %s
        rack        %s
        switch      %s
        model       %s
        mac         %s
        bmc         %s
        fault       %s
        rule        %s
        visit       %s
        opened      %s%s

        Evidence
        %s

        What to do
          1. Replace the machine, or the part that the evidence names. Its disk is wiped afterwards.
          2. When the new hardware is in place and cabled, type:
               pilot machine replaced %s
             It is then provisioned, tested and taken back into service.
        """
        .formatted(
            title(repair),
            repair.getMachine(),
            orDash(machine.getType()),
            orDash(machine.getScaleUnit()),
            orDash(machine.getRack()),
            orDash(machine.getSwitch()),
            orDash(machine.getModel()),
            orDash(machine.getMac()),
            orDash(machine.getBmc()),
            orDash(repair.getFault()),
            orDash(repair.getRule()),
            orDash(visit),
            now(),
            opening == 1 ? "" : ANEW + opening,
            evidence,
            repair.getMachine());
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS);
  }

  /** Marks the tickets of all repairs but these as closed. */
  synchronized void closeAllBut(Set<String> openRepairs) throws IOException {
    for (String repair : all()) {
      if (openRepairs.contains(repair)) {
        continue;
      }
      if (closed.contains(repair)) {
        if (Kept.removeOld(file(repair), clock)) {
          closed.remove(repair);
        }
        continue;
      }
      Path file = file(repair);
      Written before = Written.of(file);
      if (!before.isClosed()) {
        events.closed(repair, before.opening());
        Files.writeString(
            file,
            "\n"
                + CLOSED
                + now()
                + ": no open repair asks for this; nothing is to be done here now\n",
            StandardOpenOption.APPEND);
        log.info("ticket {} is closed", file);
      }
      open.remove(repair);
      closed.add(repair);
    }
  }

  private Set<String> all() throws IOException {
    if (!Files.isDirectory(directory)) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(each -> each.getFileName().toString())
          .filter(each -> each.matches("R-\\d+\\.txt"))
          .map(each -> each.substring(0, each.length() - SUFFIX.length()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
