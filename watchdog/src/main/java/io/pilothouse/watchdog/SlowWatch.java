package io.pilothouse.watchdog;

import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.Target;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.manifests.BuiltInArgs;
import io.pilothouse.manifests.BuiltInWatchdogs;
import io.pilothouse.watchdog.checks.FlatJson;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;

/**
 * Collects the counters of all machines and says which are slow but alive, by the {@link SlowRule}.
 * Each watchdog of it collects on its own schedule.
 */
final class SlowWatch {
  private static final int AT_ONCE = 50;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** An older value says nothing of now. */
  private static final long OLDEST_MS = 180_000;

  /** A machine's answer: its value, or why there is none. */
  private record Collected(Target target, Optional<SlowRule.Measured> value, String problem) {}

  private final Supplier<PullTargetsReply> targets;
  private final Consumer<VerdictReportItem> report;
  private final Optional<SSLSocketFactory> tls;
  private final Schedule<String> schedule =
      new Schedule<>(System::nanoTime, new SplittableRandom());
  private final Map<String, Map<String, Integer>> inARow = new ConcurrentHashMap<>();
  private final Semaphore atOnce = new Semaphore(AT_ONCE);

  /**
   * @param report takes the verdicts
   * @param tls how agents are spoken to; plain without
   */
  SlowWatch(
      Supplier<PullTargetsReply> targets,
      Consumer<VerdictReportItem> report,
      Optional<SSLSocketFactory> tls) {
    this.tls = tls;
    this.targets = targets;
    this.report = report;
  }

  static boolean is(WatchdogSpec spec) {
    return BuiltInWatchdogs.chosen(spec).equals("slow");
  }

  /** Starts the collections that are due. */
  void round() {
    PullTargetsReply now = targets.get();
    Map<String, Duration> jobs = new LinkedHashMap<>();
    Map<String, WatchdogSpec> specs = new HashMap<>();
    for (WatchdogSpec spec : now.getWatchdogsList()) {
      if (is(spec)) {
        specs.put(spec.getName(), spec);
        jobs.put(spec.getName(), every(spec));
      }
    }
    inARow.keySet().retainAll(jobs.keySet());
    for (String name : schedule.take(jobs)) {
      WatchdogSpec spec = specs.get(name);
      Thread.ofVirtual()
          .name("slow-" + name)
          .start(
              () -> {
                try {
                  look(spec, now.getTargetsList());
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt(); // the program ends
                } finally {
                  schedule.done(name);
                }
              });
    }
  }

  private static Duration every(WatchdogSpec spec) {
    return spec.getEveryMs() == 0 ? Duration.ofMinutes(1) : Duration.ofMillis(spec.getEveryMs());
  }

  /** One look at all its machines. */
  void look(WatchdogSpec spec, List<Target> all) throws InterruptedException {
    List<Target> ours =
        all.stream()
            .filter(
                each -> spec.getTypesCount() == 0 || spec.getTypesList().contains(each.getType()))
            .toList();
    SlowRule rule;
    try {
      rule =
          SlowRule.of(
              BuiltInArgs.of(BuiltInWatchdogs.find("slow").orElseThrow(), spec.getArgsList()));
    } catch (IllegalArgumentException e) {
      ours.forEach(each -> say(spec, each.getMachine(), VerdictKind.UNKNOWN, e.getMessage()));
      return;
    }
    Map<String, SortedMap<String, SlowRule.Measured>> byType = new TreeMap<>();
    for (Collected each : collect(rule, ours)) {
      if (each.value().isPresent()) {
        byType
            .computeIfAbsent(each.target().getType(), none -> new TreeMap<>())
            .put(each.target().getMachine(), each.value().get());
      } else {
        VerdictKind kind = each.problem().isEmpty() ? VerdictKind.OK : VerdictKind.UNKNOWN;
        String text =
            each.problem().isEmpty()
                ? "it has no recent counter \"%s\" to compare".formatted(rule.counter())
                : "its counters cannot be read: " + each.problem();
        say(spec, each.target().getMachine(), kind, text);
      }
    }
    Map<String, Integer> row = inARow.computeIfAbsent(spec.getName(), none -> new HashMap<>());
    row.keySet().retainAll(ours.stream().map(Target::getMachine).toList());
    for (SortedMap<String, SlowRule.Measured> values : byType.values()) {
      rule.judge(values, row)
          .forEach((machine, said) -> say(spec, machine, said.kind(), said.text()));
    }
  }

  private List<Collected> collect(SlowRule rule, List<Target> from) throws InterruptedException {
    List<Future<Collected>> answers = new ArrayList<>();
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Target target : from) {
        answers.add(each.submit(() -> ask(rule, target)));
      }
    }
    List<Collected> collected = new ArrayList<>();
    for (Future<Collected> answer : answers) {
      try {
        collected.add(answer.get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("a look at a machine's counters failed", e.getCause());
      }
    }
    return collected;
  }

  private Collected ask(SlowRule rule, Target target) throws InterruptedException {
    atOnce.acquire();
    try {
      return new Collected(target, value(rule.counter(), target.getAgentAddress()), "");
    } catch (IOException | IllegalArgumentException e) {
      return new Collected(target, Optional.empty(), String.valueOf(e.getMessage()));
    } finally {
      atOnce.release();
    }
  }

  private Optional<SlowRule.Measured> value(String counter, String given) throws IOException {
    if (given.isEmpty()) {
      return Optional.empty(); // a switch, or a machine that never spoke: not this one's affair
    }
    ServerAddress address = ServerAddress.parse(given);
    HttpProbe.Answer answer =
        HttpProbe.get(address.host(), address.port(), "/counters", TIMEOUT, tls);
    if (answer.status() == 404) {
      return Optional.empty(); // it boots, or its agent is older
    }
    if (answer.status() != 200 || !answer.whole()) {
      throw new IOException("it answers with status " + answer.status());
    }
    Map<String, String> values = FlatJson.read(answer.body());
    String path = "counters." + counter;
    String value = values.getOrDefault(path + ".value", "");
    String age = values.getOrDefault(path + ".age_ms", "0");
    if (value.isEmpty() || Double.parseDouble(age) > OLDEST_MS) {
      return Optional.empty();
    }
    double number = Double.parseDouble(value);
    return Double.isFinite(number)
        ? Optional.of(new SlowRule.Measured(number, values.getOrDefault(path + ".unit", "")))
        : Optional.empty();
  }

  private void say(WatchdogSpec spec, String machine, VerdictKind kind, String text) {
    report.accept(
        VerdictReportItem.newBuilder()
            .setMachine(machine)
            .setWatchdog(spec.getName())
            .setKind(kind)
            .setFault(kind == VerdictKind.ERROR ? SlowRule.FAULT : "")
            .setText(text)
            .setValidForMs(
                spec.getValidForMs() == 0
                    ? every(spec).multipliedBy(3).toMillis()
                    : spec.getValidForMs())
            .build());
  }
}
