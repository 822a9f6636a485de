import com.sun.net.httpserver.HttpServer;
import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkHandler;
import io.pilothouse.framework.FrameworkOptions;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Throws particles at random angles and speeds; tasks count how many land in each metre. Arguments:
 * scheduler, tasks, particles of each; docs/start/offers.md goes through it.
 */
final class Trajectories implements FrameworkHandler {
  private static final String THROW = // d = v² sin 2a / g
      """
      awk -v seed=%1$d -v n=%2$s 'BEGIN { srand(seed); for (; n > 0; n--) { a = rand() * 1.5707963;
      v = 10 + 10 * rand(); landed[int(v * v * sin(2 * a) / 9.81)]++ }
      for (metre in landed) print metre, landed[metre] }' | curl -sSf --data-binary @- %3$s/%1$d""";

  private final Map<String, String> told = new ConcurrentHashMap<>(); // by each throw, once
  private final Deque<Integer> waiting = new ArrayDeque<>();
  private final Map<String, Integer> running = new HashMap<>(); // throws by task
  private final String particles;
  private final String results;

  private Trajectories(int tasks, String particles) throws IOException {
    for (int number = 1; number <= tasks; number++) {
      waiting.add(number);
    }
    this.particles = particles;
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", exchange -> {
      told.put(exchange.getRequestURI().getPath(), new String(exchange.getRequestBody().readAllBytes()));
      exchange.sendResponseHeaders(204, -1);
      exchange.close();
    });
    server.start();
    results = "http://127.0.0.1:" + server.getAddress().getPort();
  }

  public static void main(String... args) throws Exception {
    Trajectories job = new Trajectories(Integer.parseInt(args[1]), args[2]);
    FrameworkInfo me = FrameworkInfo.newBuilder().setName("trajectories").setUser("nobody").setFailoverTimeout(60).build();
    try (Framework framework = Framework.start(FrameworkOptions.of(List.of(args[0]), me), job)) {
      framework.join();
    }
    TreeMap<Integer, Long> landed = new TreeMap<>();
    job.told.values().stream().flatMap(String::lines).map(line -> line.split(" "))
        .forEach(line -> landed.merge(Integer.valueOf(line[0]), Long.valueOf(line[1]), Long::sum));
    landed.forEach((metre, count) -> System.out.printf("%3d m %8d%n", metre, count));
    System.out.printf("%d particles landed%n", landed.values().stream().mapToLong(Long::longValue).sum());
    System.exit(0); // the server of results would stay
  }

  @Override
  public void offers(Framework framework, List<Offer> offers) {
    for (Offer offer : offers) {
      List<TaskInfo> tasks = new ArrayList<>();
      double room = Math.min(Tasks.amount(offer, "cpus"), Tasks.amount(offer, "mem") / 64);
      for (; room >= 1 && !waiting.isEmpty(); room--) {
        int number = waiting.remove();
        String task = number + "-" + UUID.randomUUID();
        running.put(task, number);
        tasks.add(Tasks.command(offer, task, THROW.formatted(number, particles, results), 1, 64));
        System.out.printf("throw %d on %s%n", number, offer.getHostname());
      }
      framework.launch(offer, tasks.toArray(TaskInfo[]::new)); // none: declined for five seconds
    }
  }

  @Override
  public void update(Framework framework, TaskStatus status) {
    if (Tasks.isOver(status.getState()) && running.containsKey(status.getTaskId().getValue())) {
      int number = running.remove(status.getTaskId().getValue());
      if (status.getState() != TaskState.TASK_FINISHED) {
        System.out.printf("throw %d again: %s %s%n", number, status.getState(), status.getMessage());
        waiting.add(number);
      }
    }
    if (waiting.isEmpty() && running.isEmpty()) {
      framework.teardown();
    }
  }
}
