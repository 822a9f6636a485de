package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.manifests.FleetDirectory;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.PolicyFile;
import io.pilothouse.manifests.text.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the command line asked for.
 *
 * @param runs what to run side by side, with a name for each
 * @param json whether to print JSON
 */
record Options(List<Run> runs, long seed, boolean json, boolean progress) {

  /** One column of the result. */
  record Run(String name, Ruler ruler, Simulation.Plan plan) {}

  static Options parse(String[] args) throws BadInputException {
    Parser parser = new Parser();
    for (int i = 0; i < args.length; i++) {
      boolean last = i + 1 >= args.length;
      if (args[i].equals("--progress")) {
        parser.progress = true;
      } else if (last) {
        throw new BadInputException("the option " + args[i] + " has no value");
      } else {
        parser.option(args[i], args[++i]);
      }
    }
    return parser.options();
  }

  private static final class Parser {
    private Optional<Path> fleet = Optional.empty();
    private Optional<Integer> machines = Optional.empty();
    private double days = 7;
    private long seed = 1;
    private Faults faults = Faults.usual();
    private final List<Path> policies = new ArrayList<>();
    private final List<Ruler> rivals = new ArrayList<>();
    private boolean json;
    private boolean progress;

    void option(String name, String value) throws BadInputException {
      switch (name) {
        case "--fleet" -> fleet = Optional.of(Path.of(value));
        case "--machines" -> machines = Optional.of((int) number(name, value, 10, 10_000));
        case "--days" -> days = number(name, value, 0.01, 365);
        case "--seed" -> seed = whole(name, value);
        case "--faults" -> faults = faults(value);
        case "--policy" -> policies.add(Path.of(value));
        case "--rival" -> rivals.add(rival(value));
        case "--output" -> json = value.equals("json");
        default -> throw new BadInputException("no option " + name);
      }
    }

    private static double number(String name, String value, double least, double most)
        throws BadInputException {
      double number;
      try {
        number = Double.parseDouble(value);
      } catch (NumberFormatException e) {
        number = Double.NaN;
      }
      if (!(number >= least && number <= most)) {
        throw new BadInputException(
            "%s cannot be \"%s\"; use %s to %s".formatted(name, value, least, most));
      }
      return number;
    }

    private static long whole(String name, String value) throws BadInputException {
      try {
        return Long.parseLong(value);
      } catch (NumberFormatException e) {
        throw new BadInputException(
            "%s cannot be \"%s\"; use a whole number".formatted(name, value));
      }
    }

    private static Faults faults(String value) throws BadInputException {
      if (value.contains("=")) {
        return RatesFile.ofWords(value);
      }
      try {
        return RatesFile.ofText(value, Files.readString(Path.of(value)));
      } catch (IOException e) {
        throw new BadInputException(
            "--faults: %s cannot be read (%s); name a file, or write NAME=RATE,…"
                .formatted(value, e.getClass().getSimpleName()));
      }
    }

    private static Ruler rival(String value) throws BadInputException {
      for (Ruler each : Ruler.values()) {
        if (each != Ruler.PILOTHOUSE && each.words().equals(value)) {
          return each;
        }
      }
      throw new BadInputException(
          "--rival cannot be \"%s\"; use breaker, breaker-capi or reboot-first".formatted(value));
    }

    Options options() throws BadInputException {
      Fleet own = fleet.isPresent() ? load(fleet.get()) : GeneratedFleet.of(machines.orElse(1000));
      if (fleet.isPresent() && machines.isPresent()) {
        throw new BadInputException(
            "--machines makes a fleet, --fleet brings one; give one of them");
      }
      if (own.getMachinesCount() == 0) {
        throw new BadInputException("the fleet has no machines; name some in machines.csv");
      }
      List<Run> runs = new ArrayList<>();
      long millis = (long) (days * Spans.DAY);
      if (policies.isEmpty()) {
        runs.add(
            new Run("pilothouse", Ruler.PILOTHOUSE, Simulation.Plan.of(own, faults, seed, millis)));
      }
      for (Path policy : policies) {
        Fleet changed = withPolicy(own, policy(policy));
        runs.add(
            new Run(
                policy.getFileName().toString(),
                Ruler.PILOTHOUSE,
                Simulation.Plan.of(changed, faults, seed, millis)));
      }
      for (Ruler rival : rivals) {
        runs.add(new Run(rival.words(), rival, Simulation.Plan.of(own, faults, seed, millis)));
      }
      return new Options(List.copyOf(runs), seed, json, progress);
    }

    private static RepairPolicy policy(Path file) throws BadInputException {
      return switch (PolicyFile.load(file)) {
        case LoadResult.Loaded<RepairPolicy> loaded -> loaded.value();
        case LoadResult.Rejected<RepairPolicy> rejected -> throw rejected(rejected.problems());
      };
    }

    private static BadInputException rejected(List<Problem> problems) {
      return new BadInputException(
          String.join("\n", problems.stream().map(Problem::toString).toList()));
    }

    /** The policy of every type, in place of the fleet's. */
    private static Fleet withPolicy(Fleet fleet, RepairPolicy policy) {
      Fleet.Builder changed = fleet.toBuilder().clearRepairPolicies().addRepairPolicies(policy);
      changed.getTypesBuilderList().forEach(each -> each.setRepairPolicy(policy.getName()));
      return changed.build();
    }

    private static Fleet load(Path dir) throws BadInputException {
      return switch (FleetDirectory.load(dir)) {
        // the people of a simulation are not those whom the files give roles
        case LoadResult.Loaded<Fleet> loaded -> loaded.value().toBuilder().clearAccess().build();
        case LoadResult.Rejected<Fleet> rejected -> throw rejected(rejected.problems());
      };
    }
  }
}
