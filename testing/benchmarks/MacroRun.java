import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.examples.batch.Batch;
import io.pilothouse.examples.farm.Elastic;
import io.pilothouse.examples.farm.Farm;
import io.pilothouse.examples.farm.HaProxy;
import io.pilothouse.examples.farm.Servers;
import io.pilothouse.examples.frameworks.Site;
import io.pilothouse.examples.frameworks.Ticks;
import io.pilothouse.examples.mpi.Hydra;
import io.pilothouse.examples.mpi.Mpi;
import io.pilothouse.examples.mpi.MpiJob;
import io.pilothouse.framework.Framework;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** All four frameworks, until all jobs are done. */
final class MacroRun {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_S = 300;

  /** A job's time, from its submission to its end, and how much of it it waited, s. */
  record Done(String name, double waited, double ran, int again, boolean failed) {
    double took() {
      return waited + ran;
    }
  }

  /** Processors that tasks of each framework have, in the order of NAMES. */
  record Sample(double at, double[] cpus) {
    double all() {
      return Arrays.stream(cpus).sum();
    }
  }

  /**
   * What became of it.
   *
   * @param jobs by framework
   * @param took until the last job was done, s
   * @param answers times of requests, ms, sorted
   * @param peak those while there were most users
   */
  record Result(
      String name,
      Map<String, List<Done>> jobs,
      List<Sample> samples,
      double took,
      double[] answers,
      double[] peak,
      int failed,
      String load) {
    double[] mean() {
      double[] mean = new double[MacroBench.NAMES.size()];
      List<Sample> window =
          samples.stream().filter(each -> each.at() <= MacroBench.WINDOW_S).toList();
      for (Sample each : window) {
        for (int i = 0; i < mean.length; i++) {
          mean[i] += each.cpus()[i] / window.size();
        }
      }
      return mean;
    }
  }

  private final String name;
  private final String rolePrefix;
  private final int mostServers;
  private final String scheduler;
  private final Path pi;
  private final Map<String, List<Done>> jobs = new TreeMap<>();
  private final List<Sample> samples = new ArrayList<>();
  private final AtomicInteger left = new AtomicInteger();
  private final HttpClient http = HttpClient.newHttpClient();
  private long began;
  private volatile double lastDone;

  /**
   * One of the two.
   *
   * @param rolePrefix of each framework's role; the rest is its name
   */
  MacroRun(String name, String rolePrefix, int mostServers, String scheduler, Path pi) {
    this.name = name;
    this.rolePrefix = rolePrefix;
    this.mostServers = mostServers;
    this.scheduler = scheduler;
    this.pi = pi;
    MacroBench.NAMES.forEach(each -> jobs.put(each, new ArrayList<>()));
  }

  private Site site(String framework) {
    return new Site(List.of(scheduler), rolePrefix + framework, "");
  }

  private synchronized void done(String framework, Done done) {
    jobs.get(framework).add(done);
    lastDone = now();
    left.decrementAndGet();
    say(
        "%s %s: waited %.1f s, ran %.1f s%s",
        framework, done.name(), done.waited(), done.ran(), done.failed() ? ", FAILED" : "");
  }

  private Batch batch(String framework) {
    return new Batch(
        site(framework),
        each ->
            done(
                framework,
                new Done(
                    each.job().name(),
                    each.waited().toMillis() / 1e3,
                    each.ran().toMillis() / 1e3,
                    each.retried(),
                    each.failed())),
        InstantSource.system());
  }

  private Mpi mpi() {
    return new Mpi(
        site("mpi"),
        new Hydra("127.0.0.1", line -> {}),
        Duration.ofSeconds(20),
        each ->
            done(
                "mpi",
                new Done(
                    each.job().name(),
                    each.waited().toMillis() / 1e3,
                    each.ran().toMillis() / 1e3,
                    each.starts() - 1,
                    each.failure().isPresent())),
        InstantSource.system());
  }

  Result run() throws Exception {
    Path dir = Files.createTempDirectory("macro");
    String bind = "127.0.0.1:" + free();
    Batch small = batch("small");
    Batch large = batch("large");
    Mpi mpi = mpi();
    try (HaProxy balancer = HaProxy.start(dir, bind, 2 * mostServers, MacroBench.EACH);
        MacroUsers users = new MacroUsers("http://" + bind + "/")) {
      Farm web =
          new Farm(
              site("web"),
              balancer,
              new Elastic.Rule(1, mostServers, MacroBench.EACH, Duration.ofSeconds(5)),
              Servers.command(MacroBench.WORK_MS, MacroBench.EACH),
              Servers::answers,
              InstantSource.system());
      try (Framework first = Framework.start(site("small").options("small"), small);
          Framework second = Framework.start(site("large").options("large"), large);
          Framework third = Framework.start(site("mpi").options("mpi"), mpi);
          Framework fourth = Framework.start(site("web").options("web"), web);
          Ticks ticks = new Ticks();
          Ticks often = new Ticks()) {
        ticks.every(Duration.ofSeconds(1), () -> small.tick(first));
        ticks.every(Duration.ofSeconds(1), () -> large.tick(second));
        ticks.every(Duration.ofSeconds(1), () -> mpi.tick(third));
        often.every(Duration.ofMillis(500), () -> web.tick(fourth));
        await("the first server", () -> web.serving() >= 1);
        say("begins");
        began = System.nanoTime();
        TreeMap<Integer, List<Runnable>> plan = plan(first, small, second, large, third, mpi, users);
        try (Ticks sampling = new Ticks()) {
          sampling.every(Duration.ofSeconds(1), this::sample);
          follow(plan);
          await("all jobs", () -> left.get() == 0);
          for (Framework each : List.of(first, second, third, fourth)) {
            each.teardown();
          }
          return new Result(
              name,
              jobs,
              List.copyOf(samples),
              lastDone,
              users.all(),
              users.peak(),
              users.failed(),
              Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        }
      }
    } finally {
      mpi.stop();
      http.close();
      for (String each : List.of("haproxy.cfg", "haproxy.log", "haproxy.sock", "")) {
        Files.deleteIfExists(dir.resolve(each));
      }
    }
  }

  /** What happens at which second. */
  private TreeMap<Integer, List<Runnable>> plan(
      Framework first,
      Batch small,
      Framework second,
      Batch large,
      Framework third,
      Mpi mpi,
      MacroUsers users) {
    TreeMap<Integer, List<Runnable>> plan = new TreeMap<>();
    MacroBench.small().forEach(each -> at(plan, each.at(), () -> small.submit(first, each.job())));
    MacroBench.large().forEach(each -> at(plan, each.at(), () -> large.submit(second, each.job())));
    for (int at : MacroBench.MPI_AT) {
      List<String> program =
          List.of(
              pi.toString(),
              Integer.toString(MacroBench.STEPS),
              Integer.toString(MacroBench.STEP_MS));
      at(plan, at, () -> mpi.submit(third, new MpiJob("mpi-" + at, MacroBench.RANKS, program)));
    }
    left.set(plan.values().stream().mapToInt(List::size).sum());
    MacroBench.USERS.forEach(each -> at(plan, each.at(), () -> users.are(each.count())));
    at(plan, MacroBench.WINDOW_S, () -> users.are(0));
    return plan;
  }

  private static void at(TreeMap<Integer, List<Runnable>> plan, int second, Runnable what) {
    plan.computeIfAbsent(second, any -> new ArrayList<>()).add(what);
  }

  private void follow(TreeMap<Integer, List<Runnable>> plan) throws InterruptedException {
    for (Map.Entry<Integer, List<Runnable>> each : plan.entrySet()) {
      long wait = began + each.getKey() * 1_000_000_000L - System.nanoTime();
      TimeUnit.NANOSECONDS.sleep(Math.max(0, wait));
      each.getValue().forEach(Runnable::run);
    }
  }

  /** As the scheduler sees it: what tasks have, whatever they do with it. */
  private void sample() {
    Map<String, Double> used = new ConcurrentSkipListMap<>();
    double at = now();
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://" + scheduler + "/state")).build();
      String body = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      for (JsonNode each : JSON.readTree(body).path("frameworks")) {
        used.merge(
            each.path("name").asText(), each.path("used_resources").path("cpus").asDouble(), Double::sum);
      }
    } catch (IOException e) {
      say("no sample at %.1f s: %s", at, e.getMessage());
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    samples.add(
        new Sample(
            at,
            MacroBench.NAMES.stream().mapToDouble(each -> used.getOrDefault(each, 0.0)).toArray()));
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(String what, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_S);
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("not in " + LONGEST_S + " s: " + what);
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static int free() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private double now() {
    return (System.nanoTime() - began) / 1e9;
  }

  private void say(String text, Object... values) {
    System.err.printf("macro, %s, %5.1f s: %s%n", name, began == 0 ? 0 : now(), text.formatted(values));
  }
}
