package io.pilothouse.examples.mpi;

import io.pilothouse.examples.frameworks.LastWords;
import io.pilothouse.examples.frameworks.Site;
import io.pilothouse.examples.frameworks.Ticks;
import io.pilothouse.framework.Framework;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Runs an MPI program once, and prints what it prints, and what became of it. */
public final class Main {
  private static final String USAGE =
      """
      usage: mpi [OPTIONS] RANKS PROGRAM [ARGUMENT]...
      %s
        --localhost ADDRESS  of this host, as machines reach it (default 127.0.0.1)
        --hold SECONDS       offers are held for so long, at most (default 20)
        RANKS                processes, all at the same time
        PROGRAM              at the same path on every machine"""
          .formatted(Site.USAGE);

  private record Options(Site site, String localhost, int hold, MpiJob job) {
    static Options of(String... args) {
      // what follows RANKS is the program's
      int ranks = 0;
      while (ranks < args.length && !args[ranks].matches("[0-9]+")) {
        ranks += args[ranks].startsWith("--") ? 2 : 1;
      }
      Deque<String> own =
          Site.arguments(
              List.of(args).subList(0, Math.min(ranks, args.length)).toArray(String[]::new));
      Site site = Site.of(own);
      String localhost = "127.0.0.1";
      int hold = 20;
      while (!own.isEmpty()) {
        String argument = own.remove();
        switch (argument) {
          case "--localhost" -> localhost = Site.value(argument, own);
          case "--hold" -> hold = Site.number(argument, own, 100);
          default -> throw new IllegalArgumentException("cannot make sense of " + argument);
        }
      }
      if (ranks + 1 >= args.length) {
        throw new IllegalArgumentException("how many ranks of which program is missing");
      }
      Deque<String> rest = Site.arguments(args);
      List<String> program = new ArrayList<>(rest).subList(ranks + 1, args.length);
      return new Options(
          site,
          localhost,
          hold,
          new MpiJob("job", Site.number("RANKS", Site.arguments(args[ranks]), 10_000), program));
    }
  }

  private Main() {}

  /** Exit code 1: the job failed; 2: called wrongly. */
  public static void main(String... args) throws Exception {
    Options options;
    try {
      options = Options.of(args);
    } catch (IllegalArgumentException e) {
      System.err.println("mpi: " + e.getMessage() + "\n" + USAGE);
      System.exit(2);
      return;
    }
    System.exit(run(options) ? 0 : 1);
  }

  private static boolean run(Options options) throws InterruptedException {
    BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
    Mpi mpi =
        new Mpi(
            options.site(),
            new Hydra(options.localhost(), System.out::println),
            Duration.ofSeconds(options.hold()),
            reports::add,
            InstantSource.system());
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(mpi::stop));
    try (Framework framework = Framework.start(options.site().options("mpi"), mpi);
        Ticks ticks = new Ticks()) {
      ticks.every(Duration.ofSeconds(1), () -> mpi.tick(framework));
      LastWords.of(framework);
      mpi.submit(framework, options.job());
      Report report = reports.take();
      System.out.printf(
          Locale.ROOT,
          "%s: %d ranks on %s waited %.1f s, ran %.1f s, started %d times%n",
          report.failure().map(why -> "FAILED, " + why).orElse("done"),
          report.job().ranks(),
          report.machines(),
          report.waited().toMillis() / 1e3,
          report.ran().toMillis() / 1e3,
          report.starts());
      framework.teardown();
      return report.failure().isEmpty();
    }
  }
}
