package io.pilothouse.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.UUID;

/**
 * An executor in plain JSON, as its author would write it with nothing but an HTTP client. A task
 * whose data is {@code wait} runs until it is killed; of all others the data is given back in the
 * message of TASK_FINISHED. A message of its framework is given back to it; {@code exit} ends it
 * with 7.
 */
public final class SmallExecutor {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();

  private SmallExecutor() {}

  /** Its environment says all. */
  public static void main(String[] arguments) throws Exception {
    new SmallExecutor().run();
  }

  private void run() throws Exception {
    while (true) {
      try (InputStream events = subscribe()) {
        for (int digit = events.read(); digit >= 0; digit = events.read()) {
          int length = 0;
          for (; digit != '\n'; digit = events.read()) {
            length = 10 * length + digit - '0';
          }
          take(JSON.readTree(events.readNBytes(length)));
        }
      } catch (IOException e) {
        System.out.println("the agent is away: " + e);
        Thread.sleep(100);
      }
    }
  }

  private HttpRequest request(String kind, String more) {
    String call =
        "{\"type\":\"%s\",\"framework_id\":{\"value\":\"%s\"},\"executor_id\":{\"value\":\"%s\"},%s}"
            .formatted(kind, env("FRAMEWORK_ID"), env("EXECUTOR_ID"), more.replace('\'', '"'));
    return HttpRequest.newBuilder(
            URI.create("http://" + env("AGENT_ENDPOINT") + "/api/v1/executor"))
        .header("Content-Type", "application/json")
        .header("Accept", "application/json")
        .header("Authorization", "Bearer " + env("EXECUTOR_AUTHENTICATION_TOKEN"))
        .POST(BodyPublishers.ofString(call))
        .build();
  }

  private static String env(String name) {
    return System.getenv("MESOS_" + name);
  }

  private InputStream subscribe() throws IOException, InterruptedException {
    HttpResponse<InputStream> answer =
        http.send(request("SUBSCRIBE", "'subscribe':{}"), BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      throw new IOException("SUBSCRIBE: " + answer.statusCode());
    }
    return answer.body();
  }

  private void take(JsonNode event) throws IOException, InterruptedException {
    System.out.println(event);
    switch (event.get("type").asText()) {
      case "LAUNCH" -> {
        JsonNode task = event.at("/launch/task");
        String data = new String(task.get("data").binaryValue(), StandardCharsets.UTF_8);
        tell(task.get("task_id"), "TASK_RUNNING", "");
        if (!data.equals("wait")) {
          tell(task.get("task_id"), "TASK_FINISHED", "done: " + data);
        }
      }
      case "KILL" -> tell(event.at("/kill/task_id"), "TASK_KILLED", "as told");
      case "MESSAGE" -> {
        JsonNode data = event.at("/message/data");
        if (new String(data.binaryValue(), StandardCharsets.UTF_8).equals("exit")) {
          System.exit(7);
        }
        call("MESSAGE", "'message':{'data':%s}".formatted(data));
      }
      case "SHUTDOWN" -> System.exit(0);
      default -> {} // SUBSCRIBED, ACKNOWLEDGED, HEARTBEAT
    }
  }

  private void tell(JsonNode task, String state, String message)
      throws IOException, InterruptedException {
    UUID random = UUID.randomUUID();
    byte[] uuid =
        ByteBuffer.allocate(16)
            .putLong(random.getMostSignificantBits())
            .putLong(random.getLeastSignificantBits())
            .array();
    call(
        "UPDATE",
        ("'update':{'status':{'task_id':%s,'state':'%s','source':'SOURCE_EXECUTOR','message':'%s',"
                + "'uuid':'%s'}}")
            .formatted(task, state, message, Base64.getEncoder().encodeToString(uuid)));
  }

  private void call(String kind, String more) throws IOException, InterruptedException {
    HttpResponse<String> answer = http.send(request(kind, more), BodyHandlers.ofString());
    System.out.println(kind + " " + answer.statusCode() + " " + answer.body());
  }
}
