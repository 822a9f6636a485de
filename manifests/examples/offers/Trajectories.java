import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A framework in one file: particles are thrown at random angles and speeds, tasks count how many
 * land in each metre, and the counts of all tasks are added up. It goes on when the scheduler is
 * restarted or another one leads.
 *
 * <p>{@code count SCHEDULER [TASKS] [PARTICLES]}; docs/start/offers.md goes through it.
 */
final class Trajectories {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RESOURCES =
      """
      [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 1}},
       {"name": "mem", "type": "SCALAR", "scalar": {"value": 64}}]""";

  // d = v² sin 2a / g
  private static final String THROW =
      """
      awk -v seed=%d -v n=%d 'BEGIN { srand(seed); for (; n > 0; n--) { a = rand() * 1.5707963;
      v = 10 + 10 * rand(); landed[int(v * v * sin(2 * a) / 9.81)]++ }
      for (metre in landed) print metre, landed[metre] }' | curl -sSf --data-binary @- %s%d""";

  // a scheduler that stands by answers 307 with the address of the one that leads
  private final HttpClient http = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
  private final Deque<Integer> waiting = new ArrayDeque<>();
  private final Map<String, JsonNode> running = new TreeMap<>(); // and on which agents
  private final Set<Integer> finished = new TreeSet<>();
  private final Map<String, String> told = new ConcurrentHashMap<>();
  private final URI scheduler;
  private final int particles;
  private String framework = "";
  private String stream = "";

  private Trajectories(String scheduler, int tasks, int particles) {
    this.scheduler = URI.create("http://" + scheduler + "/api/v1/scheduler");
    this.particles = particles;
    for (int task = 1; task <= tasks; task++) {
      waiting.add(task);
    }
  }

  public static void main(String[] args) throws Exception {
    int tasks = args.length > 1 ? Integer.parseInt(args[1]) : 12;
    int particles = args.length > 2 ? Integer.parseInt(args[2]) : 200_000;
    new Trajectories(args[0], tasks, particles).run(tasks);
  }

  private void run(int tasks) throws Exception {
    HttpServer results = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    results.createContext(
        "/",
        exchange -> {
          // a task that is thrown again may have told before it was lost
          told.put(exchange.getRequestURI().getPath(), new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    results.start();
    String here = "http://127.0.0.1:" + results.getAddress().getPort() + "/";
    while (finished.size() < tasks) {
      try (DataInputStream events = subscribe()) {
        while (finished.size() < tasks) {
          take(next(events), here);
        }
        call("{\"type\": \"TEARDOWN\"}"); // before the stream ends
      } catch (IOException e) { // the scheduler is gone, or another one leads: tasks run on
        System.out.printf("%s: %s; again in a second%n", scheduler, e.getMessage());
        Thread.sleep(1000);
      }
    }
    results.stop(0);
    TreeMap<Integer, Long> landed = new TreeMap<>();
    told.values().stream().flatMap(String::lines).map(each -> each.split(" "))
        .forEach(each -> landed.merge(Integer.valueOf(each[0]), Long.valueOf(each[1]), Long::sum));
    landed.forEach((metre, count) -> System.out.printf("%3d m %8d%n", metre, count));
    System.out.printf("%d particles landed%n", landed.values().stream().mapToLong(Long::longValue).sum());
  }

  /** The first time as a new framework, then with the id that it was given. */
  private DataInputStream subscribe() throws IOException, InterruptedException {
    ObjectNode me = JSON.createObjectNode().put("type", "SUBSCRIBE");
    ObjectNode info = me.putObject("subscribe").putObject("framework_info");
    info.put("user", "nobody").put("name", "trajectories").put("failover_timeout", 60);
    if (!framework.isEmpty()) {
      me.putObject("framework_id").put("value", framework);
      info.putObject("id").put("value", framework);
    }
    stream = "";
    HttpResponse<InputStream> answer = http.send(post(me.toString()), HttpResponse.BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      throw new IOException(answer.statusCode() + " " + new String(answer.body().readAllBytes(), StandardCharsets.UTF_8));
    }
    stream = answer.headers().firstValue("Mesos-Stream-Id").orElseThrow();
    return new DataInputStream(answer.body());
  }

  private void take(JsonNode event, String here) throws Exception {
    switch (event.path("type").asText()) {
      case "SUBSCRIBED" -> framework = event.path("subscribed").path("framework_id").path("value").asText();
      case "HEARTBEAT" -> reconcile(); // the first comes right after SUBSCRIBED
      case "OFFERS" -> {
        for (JsonNode offer : event.path("offers").path("offers")) {
          answer(offer, here);
        }
      }
      case "UPDATE" -> updated(event.path("update").path("status"));
      case "ERROR" -> throw new IllegalStateException(event.path("error").path("message").asText());
      default -> {} // offers that are taken back
    }
  }

  /** Asks how those that run are: of what happened while nobody listened an update may be missing. */
  private void reconcile() throws Exception {
    ObjectNode call = JSON.createObjectNode().put("type", "RECONCILE");
    ArrayNode asked = call.putObject("reconcile").putArray("tasks");
    running.forEach((task, agent) ->
        asked.addObject().<ObjectNode>set("agent_id", agent).putObject("task_id").put("value", task));
    if (!asked.isEmpty()) {
      call(call.toString());
    }
  }

  /** As many tasks as fit; what is left over, or all of it, is declined for a while. */
  private void answer(JsonNode offer, String here) throws Exception {
    double cpus = 0;
    for (JsonNode each : offer.path("resources")) {
      cpus += each.path("name").asText().equals("cpus") ? each.path("scalar").path("value").asDouble() : 0;
    }
    ObjectNode call = (ObjectNode) JSON.readTree(
        """
        {"type": "ACCEPT", "accept": {"operations": [], "filters": {"refuse_seconds": 1}}}""");
    ((ObjectNode) call.get("accept")).putArray("offer_ids").add(offer.get("id"));
    for (; cpus >= 1 && !waiting.isEmpty(); cpus--) {
      int number = waiting.remove();
      ObjectNode task = (ObjectNode) JSON.readTree("{\"resources\": " + RESOURCES + "}");
      task.put("name", "throw " + number).set("agent_id", offer.get("agent_id"));
      String id = number + "-" + System.nanoTime();
      task.putObject("task_id").put("value", id);
      running.put(id, offer.get("agent_id")); // before anybody knows of it: the call may get lost
      task.putObject("command").put("value", THROW.formatted(number, particles, here, number));
      ((ObjectNode) call.get("accept")).withArray("operations").addObject().put("type", "LAUNCH")
          .putObject("launch").putArray("task_infos").add(task);
      System.out.printf("throw %d on %s%n", number, offer.path("hostname").asText());
    }
    call(call.toString());
  }

  /** A task that ended and did not finish is thrown again. */
  private void updated(JsonNode status) throws Exception {
    if (status.has("uuid")) {
      ObjectNode call = JSON.createObjectNode().put("type", "ACKNOWLEDGE");
      call.putObject("acknowledge").<ObjectNode>set("agent_id", status.get("agent_id"))
          .<ObjectNode>set("task_id", status.get("task_id")).set("uuid", status.get("uuid"));
      call(call.toString());
    }
    String task = status.path("task_id").path("value").asText();
    String state = status.path("state").asText();
    boolean goesOn = List.of("TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING").contains(state);
    if (goesOn || running.remove(task) == null) {
      return; // it runs, or its end was told before
    }
    int number = Integer.parseInt(task.substring(0, task.indexOf('-')));
    if (state.equals("TASK_FINISHED")) {
      finished.add(number);
    } else {
      System.out.printf("task %s: %s %s%n", task, state, status.path("message").asText());
      waiting.add(number);
    }
  }

  private void call(String call) throws Exception {
    ObjectNode whole = (ObjectNode) JSON.readTree(call);
    whole.putObject("framework_id").put("value", framework);
    HttpResponse<String> answer = http.send(post(whole.toString()), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 202) {
      throw new IOException(answer.statusCode() + " " + answer.body());
    }
  }

  private HttpRequest post(String call) {
    HttpRequest.Builder request = HttpRequest.newBuilder(scheduler).header("Content-Type", "application/json")
        .header("Accept", "application/json").POST(HttpRequest.BodyPublishers.ofString(call));
    return (stream.isEmpty() ? request : request.header("Mesos-Stream-Id", stream)).build();
  }

  /** RecordIO: the length in decimal digits, a line feed, so many bytes. */
  private static JsonNode next(DataInputStream events) throws IOException {
    StringBuilder length = new StringBuilder();
    for (int digit = events.readUnsignedByte(); digit != '\n'; digit = events.readUnsignedByte()) {
      length.append((char) digit);
    }
    byte[] event = new byte[Integer.parseInt(length.toString())];
    events.readFully(event);
    return JSON.readTree(event);
  }
}
