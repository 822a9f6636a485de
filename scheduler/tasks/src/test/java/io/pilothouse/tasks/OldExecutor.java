package io.pilothouse.tasks;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** One of before there were tokens: sends its argument without any and writes the answer down. */
public final class OldExecutor {
  private OldExecutor() {}

  /** Then it waits for its end. */
  public static void main(String[] arguments) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://" + System.getenv("MESOS_AGENT_ENDPOINT") + "/api/v1/executor"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(arguments[0]))
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      System.out.println(http.send(request, BodyHandlers.ofString()).statusCode());
    }
    Thread.sleep(60_000);
  }
}
