package io.pilothouse.examples.index;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Asks queries at an even rate over a bounded number of connections, as users would: one that gets
 * no answer from a frontend asks the next. Counts what comes back, and prints a line a second.
 *
 * <p>Each line on its input begins a new phase of that name; the phases make a table at the end.
 */
final class Load {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int MOST_TOLD = 20;
  private static final Pattern VERSIONS = Pattern.compile("\"versions\":\\[([^\\]]*)\\]");
  private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");

  private final LoadOptions options;
  private final List<String> queries;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(1))
          .build();
  private final AtomicLong ticket = new AtomicLong();
  private final AtomicInteger told = new AtomicInteger();
  private final List<Phase> phases = new ArrayList<>();
  private final long begin = System.nanoTime();
  private volatile Phase phase;
  private volatile Phase second = new Phase("");
  private volatile boolean over;

  private Load(LoadOptions options, List<String> queries) {
    this.options = options;
    this.queries = queries;
    this.phase = new Phase("start");
    phases.add(phase);
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    LoadOptions options;
    try {
      options = LoadOptions.of(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\n" + LoadOptions.USAGE);
      System.exit(2);
      return;
    }
    List<String> queries =
        Files.readAllLines(options.queries()).stream().filter(each -> !each.isBlank()).toList();
    System.exit(new Load(options, queries).run() ? 0 : 1);
  }

  /** True when every request was answered in full. */
  private boolean run() throws InterruptedException {
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < options.connections(); i++) {
      workers.add(Thread.ofPlatform().daemon().name("user-" + i).start(this::ask));
    }
    Thread input = Thread.ofPlatform().daemon().name("input").start(this::readPhases);
    long end = begin + options.seconds() * SECOND.toNanos();
    long next = begin + SECOND.toNanos();
    while (options.seconds() > 0 ? System.nanoTime() < end : input.isAlive()) {
      Thread.sleep(Duration.ofNanos(Math.max(0, Math.min(next - System.nanoTime(), 50_000_000))));
      if (System.nanoTime() >= next) {
        next += SECOND.toNanos();
        everySecond();
      }
    }
    over = true;
    for (Thread worker : workers) {
      worker.join(LIMIT.multipliedBy(options.frontends().size()));
    }
    Phase all = new Phase("all");
    phases.forEach(all::add);
    phases.add(all);
    phases.stream().filter(each -> each.requests() > 0).forEach(this::print);
    return all.unanswered() == 0;
  }

  private void everySecond() {
    Phase past = second;
    second = new Phase("");
    if (!options.json()) {
      long at = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
      System.out.printf("%4d s  %-12s %s%n", at, phase.name(), past.line());
    }
  }

  private void print(Phase each) {
    System.out.println(
        options.json() ? each.json() : "%-20s %s".formatted(each.name(), each.line()));
  }

  private void readPhases() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        if (!line.isBlank()) {
          Phase next = new Phase(line.strip());
          phases.add(next);
          phase = next;
        }
        line = lines.readLine();
      }
    } catch (IOException e) {
      System.err.println("no more phases: " + e);
    }
  }

  /** One user after the other, on one connection. */
  private void ask() {
    while (!over) {
      long number = ticket.getAndIncrement();
      long due = begin + number * SECOND.toNanos() / options.rate();
      try {
        Thread.sleep(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
      } catch (InterruptedException e) {
        return;
      }
      if (!over) {
        ask(number, due);
      }
    }
  }

  private void ask(long number, long due) {
    String query = queries.get((int) (number % queries.size()));
    int frontends = options.frontends().size();
    Phase into = phase;
    Phase ofSecond = second;
    String outcome = "";
    for (int attempt = 0; attempt < frontends; attempt++) {
      URI frontend = options.frontends().get((int) ((number + attempt) % frontends));
      try {
        HttpResponse<String> response = get(frontend, query);
        if (response.statusCode() == 200) {
          Phase.Outcome result = judge(query, response.body());
          // from when it was due: waiting for a connection is waiting, too
          long took = System.nanoTime() - due;
          into.took(result, took, attempt > 0, versions(response.body()));
          ofSecond.took(result, took, attempt > 0, versions(response.body()));
          return;
        }
        outcome = frontend + " answered " + response.statusCode() + ": " + response.body().strip();
        broke(into, outcome);
      } catch (ConnectException | HttpConnectTimeoutException e) {
        outcome = frontend + ": " + e; // it is away, and took nothing
      } catch (IOException e) {
        outcome = frontend + ": " + e;
        broke(into, outcome);
      } catch (InterruptedException e) {
        return;
      }
    }
    tell("failed: " + query + ": " + outcome);
    into.took(Phase.Outcome.FAILED, System.nanoTime() - due, true, "");
    ofSecond.took(Phase.Outcome.FAILED, System.nanoTime() - due, true, "");
  }

  /** A frontend took a request and did not answer it; the next one is asked. */
  private void broke(Phase into, String how) {
    into.broke();
    tell("broken off: " + how);
  }

  private HttpResponse<String> get(URI frontend, String query)
      throws IOException, InterruptedException {
    URI uri =
        frontend.resolve("/search?k=10&q=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
    return client.send(
        HttpRequest.newBuilder(uri).timeout(LIMIT).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Every query of the list has matches: an answer without any is wrong. */
  private Phase.Outcome judge(String query, String body) {
    if (body.contains("\"hits\":[]")) {
      tell("found nothing: " + query + ": " + body.strip());
      return Phase.Outcome.FAILED;
    }
    if (!body.contains("\"complete\":true")) {
      tell("partial: " + query + ": " + body.strip());
      return Phase.Outcome.PARTIAL;
    }
    return Phase.Outcome.COMPLETE;
  }

  private void tell(String what) {
    if (told.incrementAndGet() <= MOST_TOLD) {
      System.err.printf("%4d s  %s%n", (System.nanoTime() - begin) / SECOND.toNanos(), what);
    }
  }

  private static String versions(String body) {
    return VERSIONS
        .matcher(body)
        .results()
        .findFirst()
        .map(found -> found.group(1))
        .map(
            list ->
                String.join(
                    "+", new TreeSet<>(QUOTED.matcher(list).results().map(Load::first).toList())))
        .orElse("");
  }

  private static String first(MatchResult result) {
    return result.group(1);
  }
}
