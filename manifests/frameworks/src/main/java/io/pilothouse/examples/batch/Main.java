package io.pilothouse.examples.batch;

import io.pilothouse.examples.frameworks.LastWords;
import io.pilothouse.examples.frameworks.Site;
import io.pilothouse.examples.frameworks.Ticks;
import io.pilothouse.framework.Framework;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Runs the jobs of a file, or of its input, and prints what became of each. */
public final class Main {
  private static final String USAGE =
      """
      usage: batch [OPTIONS] [FILE]
      %s
        --revocable   runs on what others do not use, and again when they do
        --image NAME  runs each task in a container of this image
        FILE  jobs, one a line: SECONDS NAME TASKS COMMAND (default: its input)"""
          .formatted(Site.USAGE);

  private Main() {}

  /** Exit code 1: a job failed; 2: called wrongly. */
  public static void main(String... args) throws Exception {
    Deque<String> rest = Site.arguments(args);
    Site site;
    List<JobFile.Line> jobs;
    Terms terms;
    try {
      site = Site.of(rest);
      terms = terms(rest);
      if (rest.size() > 1 || (!rest.isEmpty() && rest.getFirst().startsWith("-"))) {
        throw new IllegalArgumentException("cannot make sense of " + rest);
      }
      jobs = JobFile.read(lines(rest));
    } catch (IllegalArgumentException e) {
      System.err.println("batch: " + e.getMessage() + "\n" + USAGE);
      System.exit(2);
      return;
    }
    System.exit(run(site, jobs, terms) ? 0 : 1);
  }

  private static Terms terms(Deque<String> arguments) {
    boolean revocable = arguments.removeFirstOccurrence("--revocable");
    String image = "";
    List<String> rest = new ArrayList<>();
    while (!arguments.isEmpty()) {
      String argument = arguments.remove();
      if (argument.equals("--image")) {
        image = Site.value(argument, arguments);
      } else {
        rest.add(argument);
      }
    }
    arguments.addAll(rest);
    return new Terms(revocable, image);
  }

  private static List<String> lines(Deque<String> file) throws IOException {
    if (!file.isEmpty()) {
      return Files.readAllLines(Path.of(file.getFirst()));
    }
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      return in.lines().toList();
    }
  }

  private static boolean run(Site site, List<JobFile.Line> jobs, Terms terms)
      throws InterruptedException {
    BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
    Batch batch = new Batch(site, reports::add, InstantSource.system(), terms);
    Capability.Type[] knows =
        terms.revocable()
            ? new Capability.Type[] {Capability.Type.REVOCABLE_RESOURCES}
            : new Capability.Type[0];
    boolean good = true;
    try (Framework framework = Framework.start(site.options("batch", knows), batch);
        Ticks ticks = new Ticks()) {
      ticks.every(Duration.ofSeconds(1), () -> batch.tick(framework));
      LastWords.of(framework);
      Thread submitting = Thread.ofVirtual().start(() -> submit(framework, batch, jobs));
      System.out.println("job                  tasks  retried  waited      ran");
      for (int left = jobs.size(); left > 0; left--) {
        Report report = reports.take();
        good &= !report.failed();
        System.out.printf(
            Locale.ROOT,
            "%-20s %5d  %7d  %5.1f s  %5.1f s%s%n",
            report.job().name(),
            report.job().tasks(),
            report.retried(),
            report.waited().toMillis() / 1e3,
            report.ran().toMillis() / 1e3,
            report.failed() ? "  FAILED" : "");
      }
      submitting.join();
      framework.teardown();
    }
    return good;
  }

  private static void submit(Framework framework, Batch batch, List<JobFile.Line> jobs) {
    long began = System.nanoTime();
    try {
      for (JobFile.Line each : jobs) {
        long wait = began + each.at().toNanos() - System.nanoTime();
        TimeUnit.NANOSECONDS.sleep(Math.max(0, wait));
        batch.submit(framework, each.job());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
