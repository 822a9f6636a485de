import io.pilothouse.examples.batch.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * The same work twice: with a quarter of the fleet for each framework, and with all of it shared.
 * Arguments: scheduler, the MPI program, where the chart goes.
 */
final class MacroBench {
  /** Nominal processors of the fleet. */
  static final int CPUS = 48;

  /** The frameworks, in the order in which they are shown. */
  static final List<String> NAMES = List.of("small", "large", "mpi", "web");

  /** How long work comes, s; over this time the use of the fleet is averaged. */
  static final int WINDOW_S = 120;

  /** A batch job, and the second at which it comes. */
  record Arrival(int at, Job job) {}

  /** From this second on there are so many users. */
  record Users(int at, int count) {}

  /** MPI jobs: ranks, steps of pi, ms between these; and the seconds at which they come. */
  static final int RANKS = 8;

  static final int STEPS = 20;
  static final int STEP_MS = 700;
  static final List<Integer> MPI_AT = List.of(0, 25, 50, 75, 100);

  /** A server answers so many at once, each in so many ms. */
  static final int EACH = 4;

  static final int WORK_MS = 250;
  static final List<Users> USERS =
      List.of(new Users(0, 4), new Users(30, 80), new Users(65, 12), new Users(90, 40));

  private MacroBench() {}

  public static void main(String[] args) throws Exception {
    MacroRun quarters = new MacroRun("quarters", "quarter-", 12, args[0], Path.of(args[1]));
    MacroRun.Result apart = quarters.run();
    TimeUnit.SECONDS.sleep(10); // the last tasks end
    MacroRun.Result shared = new MacroRun("shared", "", 24, args[0], Path.of(args[1])).run();
    MacroReport report = new MacroReport(apart, shared);
    System.out.print(report.tables());
    Files.writeString(Path.of(args[2]), report.chart());
    System.err.println("macro: the chart is in " + args[2]);
    System.exit(0);
  }

  /** Many small jobs, some of medium size, of tasks of 2 to 4 s. */
  static List<Arrival> small() {
    Random random = new Random(1);
    List<Arrival> all = new ArrayList<>();
    for (int at = 1; at < WINDOW_S - 10; at += 3 + random.nextInt(5)) {
      int number = all.size() + 1;
      int tasks = number % 5 == 0 ? 48 : 4 + random.nextInt(7);
      all.add(new Arrival(at, sleeping("small-" + number, tasks, 2 + random.nextInt(3))));
    }
    return all;
  }

  /** A few jobs that are each more than a quarter of the fleet can do at once. */
  static List<Arrival> large() {
    return List.of(
        new Arrival(0, sleeping("large-1", 120, 5)),
        new Arrival(40, sleeping("large-2", 120, 5)),
        new Arrival(80, sleeping("large-3", 120, 5)));
  }

  private static Job sleeping(String name, int tasks, int seconds) {
    return new Job(name, tasks, "exec sleep " + seconds, 1, 32);
  }
}
