import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Agents, frameworks and the Device Manager around real schedulers; see testing/benchmarks/scheduler. */
final class SchedulerBench {
  private static final int SINGLE_EVERY_MS = 250;
  private static final int SINGLE_MS = 10_000;

  /** Of what all tasks could be at once: the fleet is full. */
  private static final double FULL = 0.95;

  private record Scheduler(String id, long pid, InetSocketAddress api) {
    /** From {@code ID=PID=HOST:PORT}. */
    static Scheduler of(String text) {
      String[] parts = text.split("=");
      String[] address = parts[2].split(":");
      return new Scheduler(
          parts[0],
          Long.parseLong(parts[1]),
          new InetSocketAddress(address[0], Integer.parseInt(address[1])));
    }
  }

  private final ScheduledThreadPoolExecutor time = timer("time");
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final SchedulerFramework.Counts counts = new SchedulerFramework.Counts();
  private final List<Single> singles = Collections.synchronizedList(new ArrayList<>());
  private final List<Scheduler> schedulers;
  private final int agentCount;
  private final int frameworkCount;
  private final int tasksEach;
  private final int taskSeconds;
  private final Path jcmd;
  private final SchedulerAgents agents;
  private volatile SchedulerDm.Leads leads;

  /** Each framework takes no more than its share at first, so that all have theirs at once. */
  private volatile boolean ramp = true;

  private SchedulerBench(List<Scheduler> schedulers, String[] args) {
    this.schedulers = schedulers;
    this.agentCount = Integer.parseInt(args[2]);
    this.frameworkCount = Integer.parseInt(args[3]);
    this.jcmd = Path.of(args[6]);
    this.tasksEach = Integer.parseInt(args[7]);
    this.taskSeconds = Integer.parseInt(args[8]);
    this.agents = new SchedulerAgents(agentCount, time);
  }

  public static void main(String[] args) throws Exception {
    List<Scheduler> schedulers = Arrays.stream(args[1].split(",")).map(Scheduler::of).toList();
    new SchedulerBench(schedulers, args)
        .run(Integer.parseInt(args[0]), Integer.parseInt(args[4]), Integer.parseInt(args[5]));
    System.exit(0);
  }

  private void run(int dmPort, int seconds, int warm) throws Exception {
    SchedulerDm dm = new SchedulerDm(dmPort, agentCount, tasksEach, timer("dm"), now -> leads = now);
    await("a scheduler leads", 60, () -> leads != null && answers(leader()));
    Scheduler leader = leader();
    long empty = heap(leader);
    long attach = System.nanoTime();
    agents.follow(leads.lease().getAddress());
    await("agents are registered", 600, () -> agents.registered() == agentCount);
    double attached = since(attach);
    say("%d agents are registered after %.1f s", agentCount, attached);
    long withAgents = heap(leader);
    for (int i = 0; i < frameworkCount; i++) {
      new SchedulerFramework(
              addresses(), loops.next(), "framework-" + i, new Steady(), counts, this::leading)
          .start();
    }
    int slots = agentCount * tasksEach;
    long began = System.nanoTime();
    await("tasks fill the fleet", 600, () -> agents.running() >= slots * FULL);
    double filled = since(began);
    int running = agents.running();
    long withTasks = heap(leader);
    say("%d tasks run after %.1f s", running, filled);
    ramp = false;
    var begin = time.scheduleAtFixedRate(
        this::single, SINGLE_EVERY_MS, SINGLE_EVERY_MS, TimeUnit.MILLISECONDS);
    TimeUnit.SECONDS.sleep(warm);
    say("measuring");
    singles.clear();
    Sample before = sample(leader);
    TimeUnit.SECONDS.sleep(seconds);
    Sample after = sample(leader);
    begin.cancel(false);
    List<Single> measured = List.copyOf(singles);
    TimeUnit.MILLISECONDS.sleep(SINGLE_MS + 5_000);
    printSteady(before, after, measured, leader);
    long atEnd = heap(leader);
    System.out.printf(
        Locale.ROOT,
        "%n| agents | all registered | all full | live heap: empty, an agent, a task | live heap after"
            + " the run | resident | `/state` | GET_STATE | longest wait for `/flags`: before, beside these"
            + " |%n|---|---|---|---|---|---|---|---|---|%n"
            + "| %d | %.1f s | %.1f s | %.1f MiB, %.1f KiB, %.1f KiB | %d MiB | %d MiB | %s |%n",
        agentCount,
        attached,
        filled,
        empty / 1048576.0,
        (withAgents - empty) / 1024.0 / agentCount,
        (withTasks - withAgents) / 1024.0 / running,
        atEnd >> 20,
        memory(leader.pid()),
        SchedulerState.of(uri(leader, "")));
    failOver(leader, slots);
    if (counts.refused.get() > 0) {
      say("refused: %d, the last: %s", counts.refused.get(), counts.refusal);
    }
    say("%d writes reached the Device Manager's stand-in", dm.writes());
  }

  // --- one task of ten seconds

  /** A framework that wants one task, and when it had what. */
  private final class Single implements SchedulerFramework.Wants {
    private final long began = System.nanoTime();
    private SchedulerFramework framework;
    private volatile double subscribed;
    private volatile double offered;
    private volatile double running;
    private volatile double finished;

    @Override
    public int tasks() {
      return 1;
    }

    @Override
    public int millis() {
      return SINGLE_MS;
    }

    @Override
    public boolean more() {
      return false;
    }

    @Override
    public void happened(Event.Type what, TaskState state) {
      double now = since(began) * 1e3;
      switch (what) {
        case SUBSCRIBED -> subscribed = now;
        case OFFERS -> offered = offered == 0 ? now : offered;
        default -> {
          if (state == TaskState.TASK_RUNNING) {
            running = now;
          } else {
            finished = now;
            framework.tearDown();
          }
        }
      }
    }
  }

  private void single() {
    Single single = new Single();
    single.framework =
        new SchedulerFramework(
            addresses(), loops.next(), "single-" + single.began, single, counts, this::leading);
    singles.add(single);
    single.framework.start();
  }

  private final class Steady implements SchedulerFramework.Wants {
    @Override
    public int tasks() {
      return ramp ? Math.ceilDiv(agentCount * tasksEach, frameworkCount) : 1 << 30;
    }

    /** N(30 s, 10 s); at first as if they had run for some time. */
    @Override
    public int millis() {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      double seconds =
          ramp
              ? random.nextDouble(1, 1.5 * taskSeconds)
              : random.nextGaussian(taskSeconds, taskSeconds / 3.0);
      return (int) (Math.max(1, seconds) * 1e3);
    }

    @Override
    public boolean more() {
      return true;
    }
  }

  // --- steady state

  private record Sample(long at, long offers, long accepts, long updates, double cpu, double own) {}

  private Sample sample(Scheduler leader) {
    return new Sample(
        System.nanoTime(),
        counts.offers.get(),
        counts.accepts.get(),
        counts.updates.get(),
        cpu(leader.pid()),
        cpu(ProcessHandle.current().pid()));
  }

  private void printSteady(Sample from, Sample to, List<Single> all, Scheduler leader) {
    double elapsed = (to.at() - from.at()) / 1e9;
    List<Single> done = all.stream().filter(each -> each.finished > 0).toList();
    double[] delays = done.stream().mapToDouble(e -> e.finished - SINGLE_MS).sorted().toArray();
    System.out.println(
        "| agents, frameworks | tasks at once | extra delay of one task of 10 s: p50 / p99 / longest of N"
            + " | of it, medians: SUBSCRIBED, an offer, RUNNING, told FINISHED"
            + " | offers/s, accepts/s, statuses/s | processor: scheduler, the rest"
            + " | lost, sent again |");
    System.out.println("|---|---|---|---|---|---|---|");
    System.out.printf(
        Locale.ROOT,
        "| %d, %d | %d | %.0f / %.0f / %.0f ms of %d%s | %.0f, %.0f, %.0f, %.0f ms"
            + " | %.0f, %.0f, %.0f | %.2f, %.2f cores | %d, %d |%n",
        agentCount,
        frameworkCount,
        agents.running(),
        at(delays, 0.5),
        at(delays, 0.99),
        at(delays, 1),
        delays.length,
        done.size() < all.size() ? " (" + (all.size() - done.size()) + " not done)" : "",
        at(done.stream().mapToDouble(e -> e.subscribed).sorted().toArray(), 0.5),
        at(done.stream().mapToDouble(e -> e.offered - e.subscribed).sorted().toArray(), 0.5),
        at(done.stream().mapToDouble(e -> e.running - e.offered).sorted().toArray(), 0.5),
        at(done.stream().mapToDouble(e -> e.finished - e.running - SINGLE_MS).sorted().toArray(), 0.5),
        (to.offers() - from.offers()) / elapsed,
        (to.accepts() - from.accepts()) / elapsed,
        (to.updates() - from.updates()) / elapsed,
        (to.cpu() - from.cpu()) / elapsed,
        (to.own() - from.own()) / elapsed,
        counts.lost.get(),
        agents.again.get());
  }

  private static double at(double[] sorted, double part) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.min(sorted.length - 1, (int) (sorted.length * part))];
  }

  // --- another leads

  private void failOver(Scheduler dead, int slots) throws Exception {
    SchedulerDm.Leads before = leads;
    long ended = counts.ended.get() + counts.subscribed.get();
    long next =
        schedulers.stream().filter(each -> !each.equals(dead)).findFirst().orElseThrow().pid();
    double[] used = {cpu(next), coreCpu(next)};
    double[] usedAtLast = {Double.NaN, Double.NaN};
    long killed = System.nanoTime();
    ProcessHandle.of(dead.pid()).orElseThrow().destroyForcibly();
    long offers = 0;
    Map<String, Double> at = new HashMap<>();
    while (at.size() < 5 && since(killed) < 120) {
      if (leads != before && !at.containsKey("lease")) {
        at.put("lease", (leads.sinceNanos() - killed) / 1e9);
        agents.follow(leads.lease().getAddress());
        offers = counts.offers.get(); // the old one makes none any more, the new one has no agents
      }
      if (at.containsKey("lease")) {
        if (agents.registered() == agentCount && !at.containsKey("agents")) {
          mark(at, "agents", killed, true);
          usedAtLast = new double[] {cpu(next), coreCpu(next)};
        }
        mark(
            at,
            "frameworks",
            killed,
            counts.ended.get() >= ended && counts.subscribed.get() >= frameworkCount);
        mark(at, "offer", killed, counts.offers.get() > offers);
        mark(
            at,
            "full",
            killed,
            agents.registered() == agentCount && agents.running() >= slots * FULL);
      }
      Thread.sleep(2);
    }
    double lease = at.getOrDefault("lease", Double.NaN);
    double both =
        Math.max(
            Math.max(at.getOrDefault("agents", Double.NaN), at.getOrDefault("frameworks", Double.NaN)),
            at.getOrDefault("offer", Double.NaN));
    System.out.println(
        "\n| agents, frameworks | kill -9 to all registered and the first offer | without the lease's time"
            + " | to: lease, all agents, all frameworks, the first offer, fleet full again"
            + " | processor until all agents are back: scheduler, its core's thread |");
    System.out.println("|---|---|---|---|---|");
    System.out.printf(
        Locale.ROOT,
        "| %d, %d | %.2f s | %.2f s | %.2f, %.2f, %.2f, %.2f, %.2f s | %.2f, %.2f s |%n",
        agentCount,
        frameworkCount,
        both,
        both - lease,
        lease,
        at.getOrDefault("agents", Double.NaN),
        at.getOrDefault("frameworks", Double.NaN),
        at.getOrDefault("offer", Double.NaN),
        at.getOrDefault("full", Double.NaN),
        usedAtLast[0] - used[0],
        usedAtLast[1] - used[1]);
  }

  private static void mark(Map<String, Double> at, String what, long start, boolean now) {
    if (now) {
      at.putIfAbsent(what, since(start));
    }
  }

  // --- the schedulers

  private Scheduler leader() {
    return schedulers.get(leading());
  }

  private int leading() {
    String holder = leads.lease().getHolder();
    for (int i = 0; i < schedulers.size(); i++) {
      if (schedulers.get(i).id().equals(holder)) {
        return i;
      }
    }
    throw new IllegalStateException("no scheduler is called " + holder);
  }

  private List<InetSocketAddress> addresses() {
    return schedulers.stream().map(Scheduler::api).toList();
  }

  private static URI uri(Scheduler of, String path) {
    return URI.create("http://127.0.0.1:" + of.api().getPort() + path);
  }

  /** Whether it has begun to lead. */
  private static boolean answers(Scheduler leader) {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
              .send(
                  HttpRequest.newBuilder(uri(leader, "/roles")).build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false; // not up yet
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Bytes of what lives, after a collection. */
  private long heap(Scheduler of) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(jcmd.toString(), Long.toString(of.pid()), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String text = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return text.lines()
        .filter(line -> line.startsWith("Total"))
        .mapToLong(line -> Long.parseLong(line.trim().split("\\s+")[2]))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("jcmd says: " + text));
  }

  // --- small things

  private static ScheduledThreadPoolExecutor timer(String name) {
    return new ScheduledThreadPoolExecutor(
        1, Thread.ofPlatform().daemon().name(name).factory());
  }

  private static void await(String what, int seconds, BooleanSupplier holds)
      throws InterruptedException {
    long began = System.nanoTime();
    while (!holds.getAsBoolean()) {
      if (since(began) > seconds) {
        throw new IllegalStateException("not in " + seconds + " s: " + what);
      }
      Thread.sleep(5);
    }
  }

  private static void say(String text, Object... values) {
    System.err.println("scheduler: " + String.format(Locale.ROOT, text, values));
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private static double cpu(long pid) {
    return ProcessHandle.of(pid)
            .flatMap(each -> each.info().totalCpuDuration())
            .orElseThrow(() -> new IllegalStateException("a process has ended: " + pid))
            .toMillis()
        / 1e3;
  }

  /** Of the thread that decides. */
  private static double coreCpu(long pid) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (Path each : threads.toList()) {
        if (Files.readString(each.resolve("comm")).strip().equals("scheduler-core")) {
          String[] stat = Files.readString(each.resolve("stat")).split("\\) ")[1].split(" ");
          return (Long.parseLong(stat[11]) + Long.parseLong(stat[12])) / 100.0;
        }
      }
    }
    return Double.NaN;
  }

  /** MiB resident. */
  private static long memory(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(each -> each.startsWith("VmRSS:"))
        .mapToLong(each -> Long.parseLong(each.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }
}
