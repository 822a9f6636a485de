import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Asks a scheduler for all that there is; see testing/benchmarks/scheduler. */
final class SchedulerState {
  private SchedulerState() {}

  /** Time and size of the whole picture, three times, and how long others wait meanwhile. */
  static String of(URI leader) throws IOException, InterruptedException {
    HttpRequest page = HttpRequest.newBuilder(leader.resolve("/state")).build();
    HttpRequest call =
        HttpRequest.newBuilder(leader.resolve("/api/v1"))
            .header("Content-Type", "application/json")
            .header("Accept", "application/x-protobuf")
            .POST(HttpRequest.BodyPublishers.ofString("{\"type\":\"GET_STATE\"}"))
            .build();
    Waits waits = new Waits(leader);
    double before = waits.longest(2);
    return times(page)
        + " | "
        + times(call)
        + String.format(Locale.ROOT, " | %.2f, %.2f s", before, waits.end());
  }

  private static String times(HttpRequest request) throws IOException, InterruptedException {
    StringBuilder all = new StringBuilder();
    long bytes = 0;
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int i = 0; i < 3; i++) {
        long began = System.nanoTime();
        HttpResponse<Path> reply =
            client.send(
                request, HttpResponse.BodyHandlers.ofFile(Files.createTempFile("state", "")));
        all.append(String.format(Locale.ROOT, "%.2f s%s", since(began), i < 2 ? ", " : ""));
        bytes = Files.size(reply.body());
        Files.delete(reply.body());
        if (reply.statusCode() != 200) {
          return "status " + reply.statusCode();
        }
      }
    }
    return all + " (" + (bytes >> 20) + " MiB)";
  }

  /** Asks for little, again and again: each answer is the core's. */
  private static final class Waits {
    private final HttpRequest request;
    private final Thread thread;
    private volatile boolean over;
    private volatile double longest;

    Waits(URI of) {
      request = HttpRequest.newBuilder(of.resolve("/flags")).build();
      thread = Thread.ofPlatform().daemon().start(this::run);
    }

    private void run() {
      try (HttpClient client = HttpClient.newHttpClient()) {
        while (!over) {
          long began = System.nanoTime();
          client.send(request, HttpResponse.BodyHandlers.discarding());
          longest = Math.max(longest, since(began));
          Thread.sleep(10);
        }
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    /** In the next seconds. */
    double longest(int seconds) throws InterruptedException {
      Thread.sleep(1_000); // it has begun
      longest = 0;
      TimeUnit.SECONDS.sleep(seconds);
      double so = longest;
      longest = 0;
      return so;
    }

    double end() throws InterruptedException {
      over = true;
      thread.join();
      return longest;
    }
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
