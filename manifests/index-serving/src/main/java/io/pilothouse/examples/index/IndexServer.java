package io.pilothouse.examples.index;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One column of the index: the documents whose number falls to it. It serves on {@code PORT}, reads
 * its files from the directory that it runs in, and finds its column in the machine's name, {@code
 * idx-r2-c4}.
 *
 * <p>On TERM it fails its health check and goes on answering until the balancers have noticed, so
 * that a switch to another version loses no query.
 */
final class IndexServer {
  private static final Pattern MACHINE = Pattern.compile(".*-r(\\d+)-c(\\d+)");

  /** Balancers look every 200 ms and believe the second bad look. */
  private static final Duration DRAIN = Duration.ofMillis(1_200);

  private static final int LAST_ANSWERS_SECONDS = 2;
  private static final int THREADS = 8;
  private static final int WAITING = 128;

  private IndexServer() {}

  public static void main(String[] args) throws IOException {
    String machine = System.getenv("PILOT_MACHINE");
    int port = Integer.parseInt(System.getenv("PORT"));
    Settings settings = Settings.read(Path.of("serving.properties"));
    int column = column(machine, settings.columns());
    Index index = Index.read(Path.of("corpus.txt"), column, settings);
    Synonyms synonyms = Synonyms.read(Path.of("synonyms.txt"));
    ColumnService service = new ColumnService(machine, column, settings, index, synonyms);

    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), WAITING);
    server.createContext("/healthz", service::health);
    server.createContext("/search", service::search);
    server.setExecutor(Executors.newFixedThreadPool(THREADS));
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  service.drain(DRAIN);
                  server.stop(LAST_ANSWERS_SECONDS);
                  System.out.println("drained");
                }));
    server.start();
    System.out.printf(
        "column %d of %d, version %s, ranking %s: %d of %d documents, port %d%n",
        column,
        settings.columns(),
        settings.version(),
        settings.ranking(),
        index.size(),
        index.total(),
        port);
  }

  private static int column(String machine, int columns) {
    Matcher name = MACHINE.matcher(machine);
    int column = name.matches() ? Integer.parseInt(name.group(2)) : 0;
    if (column < 1 || column > columns) {
      throw new IllegalArgumentException(
          "machine %s is in none of %d columns; name it NAME-rROW-cCOLUMN"
              .formatted(machine, columns));
    }
    return column;
  }
}
