import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Users of the farm, each of whom asks again as soon as there is an answer. */
final class MacroUsers implements AutoCloseable {
  private record Answer(double millis, int users) {}

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final HttpRequest request;
  private final List<Thread> threads = new ArrayList<>();
  private final List<Answer> answers = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger wanted = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private int most;

  MacroUsers(String address) {
    request = HttpRequest.newBuilder(URI.create(address)).build();
  }

  /** So many from now on; those that are too many go when they have their answer. */
  synchronized void are(int count) {
    most = Math.max(most, count);
    for (int user = wanted.getAndSet(count); user < count; user++) {
      int number = user;
      threads.add(Thread.ofVirtual().start(() -> ask(number)));
    }
  }

  private void ask(int number) {
    while (number < wanted.get()) {
      int users = wanted.get();
      long began = System.nanoTime();
      try {
        HttpResponse<Void> answer = http.send(request, HttpResponse.BodyHandlers.discarding());
        if (answer.statusCode() == 200) {
          answers.add(new Answer((System.nanoTime() - began) / 1e6, users));
        } else {
          failures.incrementAndGet();
        }
      } catch (IOException e) {
        failures.incrementAndGet();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Times of all answers, ms, sorted. */
  double[] all() {
    synchronized (answers) {
      return answers.stream().mapToDouble(Answer::millis).sorted().toArray();
    }
  }

  /** Of those who asked while there were most. */
  synchronized double[] peak() {
    synchronized (answers) {
      return answers.stream()
          .filter(each -> each.users() == most)
          .mapToDouble(Answer::millis)
          .sorted()
          .toArray();
    }
  }

  int failed() {
    return failures.get();
  }

  @Override
  public void close() {
    wanted.set(0);
    http.shutdownNow();
    threads.forEach(Thread::interrupt);
  }
}
