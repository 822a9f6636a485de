package io.pilothouse.examples.index;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Asks every column, by way of the balancer at {@code PORT_COLUMNS}, and merges the best hits. A
 * column of which no server answers is named as missing; what the others found is answered all the
 * same. Serves on {@code PORT_AGGREGATOR}, behind the balancer that users ask.
 */
final class Aggregator {
  private static final Duration COLUMN_LIMIT = Duration.ofSeconds(5);
  private static final int LAST_ANSWERS_SECONDS = 2;
  private static final int WAITING = 128;

  private final HttpClient client;
  private final String balancer;
  private final int columns;
  private final int rows;
  private final AtomicInteger turn = new AtomicInteger();

  private Aggregator(HttpClient client, String balancer, int columns, int rows) {
    this.client = client;
    this.balancer = balancer;
    this.columns = columns;
    this.rows = rows;
  }

  public static void main(String[] args) throws IOException {
    int columns = Integer.parseInt(args[0]);
    int rows = Integer.parseInt(args[1]);
    int port = Integer.parseInt(System.getenv("PORT_AGGREGATOR"));
    String balancer = "http://127.0.0.1:" + System.getenv("PORT_COLUMNS");
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    Aggregator aggregator = new Aggregator(client, balancer, columns, rows);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), WAITING);
    server.createContext(
        "/healthz", exchange -> Http.answer(exchange, 200, "text/plain", "aggregator ok\n"));
    server.createContext("/search", aggregator::search);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(LAST_ANSWERS_SECONDS)));
    server.start();
    System.out.printf("asks %d columns of %d rows at %s%n", columns, rows, aggregator.balancer);
  }

  /** 200 when any column answered, and 503 when none did; the body says which are missing. */
  private void search(HttpExchange exchange) throws IOException {
    try {
      Http.Query query = Http.Query.of(exchange);
      Answer answer = ask(query);
      int status = answer.missing().size() == columns ? 503 : 200;
      Http.answer(exchange, status, "application/json", answer.json());
    } catch (IllegalArgumentException e) {
      Http.answer(exchange, 400, "text/plain", e.getMessage() + "\n");
    }
  }

  private Answer ask(Http.Query query) {
    // one row a query, so that what is merged was ranked by one version, as far as it is there
    int row = Math.floorMod(turn.getAndIncrement(), rows) + 1;
    List<CompletableFuture<Optional<ColumnAnswer>>> asked = new ArrayList<>();
    for (int column = 1; column <= columns; column++) {
      asked.add(ask(query, row, column));
    }
    List<ColumnAnswer> answers = new ArrayList<>();
    Map<Integer, Boolean> answered = new TreeMap<>();
    for (int column = 1; column <= columns; column++) {
      Optional<ColumnAnswer> answer = asked.get(column - 1).join();
      answered.put(column, answer.isPresent());
      answer.ifPresent(answers::add);
    }
    List<Integer> missing =
        answered.entrySet().stream()
            .filter(each -> !each.getValue())
            .map(Map.Entry::getKey)
            .toList();
    return Answer.merge(query, answers, missing);
  }

  private CompletableFuture<Optional<ColumnAnswer>> ask(Http.Query query, int row, int column) {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("%s/column/%d/search?%s".formatted(balancer, column, query.encoded())))
            .header("x-row", Integer.toString(row))
            .timeout(COLUMN_LIMIT)
            .build();
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .handle(
            (response, failure) -> {
              if (failure == null && response.statusCode() == 200) {
                return Optional.of(ColumnAnswer.of(response.body()));
              }
              System.out.printf(
                  "column %d, row %d: %s%n",
                  column, row, failure == null ? "status " + response.statusCode() : failure);
              return Optional.empty();
            });
  }
}
