package io.pilothouse.agent;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Users of a farm, each of whom asks again as soon as there is an answer. */
final class FarmUsers implements AutoCloseable {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final HttpRequest request;
  private final List<Thread> users = new ArrayList<>();
  private final AtomicInteger wanted = new AtomicInteger();
  private final AtomicInteger answers = new AtomicInteger();
  private final Set<String> servers = ConcurrentHashMap.newKeySet();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  FarmUsers(String address) {
    request = HttpRequest.newBuilder(URI.create(address)).build();
  }

  /** So many from now on; those that are too many go when they have their answer. */
  void are(int count) {
    int before = wanted.getAndSet(count);
    for (int user = before; user < count; user++) {
      int number = user;
      users.add(Thread.ofVirtual().start(() -> asks(number)));
    }
  }

  private void asks(int number) {
    try {
      while (number < wanted.get()) {
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
          servers.add(answer.body().strip());
          answers.incrementAndGet();
        } else {
          failures.add(answer.statusCode() + " " + answer.body());
        }
      }
    } catch (IOException e) {
      failures.add(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for so many more answers. */
  void answered(int more) {
    int before = answers.get();
    OfferedFleet.until(() -> answers.get() >= before + more);
  }

  /** All that have answered. */
  Set<String> servers() {
    return Set.copyOf(servers);
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  @Override
  public void close() {
    wanted.set(0);
    http.shutdownNow();
    users.forEach(Thread::interrupt);
  }
}
