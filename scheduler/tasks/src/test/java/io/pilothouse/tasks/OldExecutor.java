package io.pilothouse.tasks;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** One of before there were tokens: sends a call without any and writes the answers down. */
public final class OldExecutor {
  private OldExecutor() {}

  /**
   * Then it waits for its end.
   *
   * @param arguments the call, then for each time that it is sent {@code none}, or {@code token}
   *     for with the one that it has
   */
  public static void main(String[] arguments) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (int i = 1; i < arguments.length; i++) {
        HttpRequest.Builder request =
            HttpRequest.newBuilder(
                    URI.create(
                        "http://" + System.getenv("MESOS_AGENT_ENDPOINT") + "/api/v1/executor"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(arguments[0]));
        if (arguments[i].equals("token")) {
          String token = System.getenv("MESOS_EXECUTOR_AUTHENTICATION_TOKEN");
          request.header("Authorization", "Bearer " + token);
        }
        System.out.println(http.send(request.build(), BodyHandlers.ofString()).statusCode());
      }
    }
    Thread.sleep(60_000);
  }
}
