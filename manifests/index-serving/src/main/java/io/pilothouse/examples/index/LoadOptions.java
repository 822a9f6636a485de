package io.pilothouse.examples.index;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a load generator is told.
 *
 * @param rate queries a second
 * @param connections users that ask at once, at most
 * @param seconds how long; 0 = until the end of its input
 * @param json whether to print phases as JSON, a line each, and nothing else
 * @param queries a file of a query a line, all of which have matches
 * @param frontends where to ask, in turn
 */
record LoadOptions(
    int rate, int connections, int seconds, boolean json, Path queries, List<URI> frontends) {
  static final String USAGE =
      """
      usage: load [--rate N] [--connections N] [--seconds N] [--json] [--queries FILE] FRONTEND...
        --rate         queries a second (default 50)
        --connections  connections at most (default 8)
        --seconds      how long (default: until the end of input)
        --json         the phases at the end, as JSON, a line each
        FRONTEND       for example http://127.0.0.1:18011
      Each line on the input begins a new phase of that name.""";

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException says what is wrong with it
   */
  static LoadOptions of(String... args) {
    int rate = 50;
    int connections = 8;
    int seconds = 0;
    boolean json = false;
    Path queries = Path.of("queries.txt");
    List<URI> frontends = new ArrayList<>();
    List<String> rest = new ArrayList<>(List.of(args));
    while (!rest.isEmpty()) {
      String arg = rest.remove(0);
      switch (arg) {
        case "--rate" -> rate = number(arg, rest, 10_000);
        case "--connections" -> connections = number(arg, rest, 1_000);
        case "--seconds" -> seconds = number(arg, rest, 1_000_000);
        case "--json" -> json = true;
        case "--queries" -> queries = Path.of(value(arg, rest));
        default -> frontends.add(frontend(arg));
      }
    }
    if (frontends.isEmpty()) {
      throw new IllegalArgumentException("whom to ask is missing");
    }
    if (!Files.isRegularFile(queries)) {
      throw new IllegalArgumentException("no file " + queries + "; name one with --queries");
    }
    return new LoadOptions(rate, connections, seconds, json, queries, List.copyOf(frontends));
  }

  private static String value(String option, List<String> rest) {
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("the value of " + option + " is missing");
    }
    return rest.remove(0);
  }

  private static int number(String option, List<String> rest, int most) {
    String value = value(option, rest);
    if (!value.matches("[1-9][0-9]{0,6}") || Integer.parseInt(value) > most) {
      throw new IllegalArgumentException(
          "%s %s is not a number from 1 to %d".formatted(option, value, most));
    }
    return Integer.parseInt(value);
  }

  private static URI frontend(String text) {
    if (!text.matches("http://[^/]+/?")) {
      throw new IllegalArgumentException(text + " is not an option, nor http://HOST:PORT");
    }
    return URI.create(text);
  }
}
