package io.pilothouse.examples.index;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What all columns say together.
 *
 * @param missing columns of which no server answered
 * @param machines who answered, in the order of columns
 * @param versions of those, each once; more than one while a rollout is between rows
 */
record Answer(
    String query,
    List<Integer> missing,
    List<String> machines,
    List<String> versions,
    int matches,
    List<Index.Hit> hits) {

  static Answer merge(Http.Query query, List<ColumnAnswer> answers, List<Integer> missing) {
    return new Answer(
        query.text(),
        missing,
        answers.stream().map(ColumnAnswer::machine).toList(),
        answers.stream().map(ColumnAnswer::version).distinct().sorted().toList(),
        answers.stream().mapToInt(ColumnAnswer::matches).sum(),
        answers.stream()
            .map(ColumnAnswer::hits)
            .flatMap(Collection::stream)
            .sorted(Index.Hit.BEST_FIRST)
            .limit(query.most())
            .toList());
  }

  /** For people and programs. */
  String json() {
    String list =
        hits.stream()
            .map(
                each ->
                    String.format(
                        Locale.ROOT,
                        "{\"id\":%d,\"score\":%.4f,\"title\":%s}",
                        each.id(),
                        each.score(),
                        quoted(each.title())))
            .collect(Collectors.joining(","));
    return ("{\"query\":%s,\"complete\":%b,\"missing\":%s,\"versions\":%s,\"machines\":%s,"
            + "\"matches\":%d,\"hits\":[%s]}\n")
        .formatted(
            quoted(query),
            missing.isEmpty(),
            missing.toString().replace(" ", ""),
            quoted(versions),
            quoted(machines),
            matches,
            list);
  }

  private static String quoted(List<String> texts) {
    return texts.stream().map(Answer::quoted).collect(Collectors.joining(",", "[", "]"));
  }

  /** A JSON text (RFC 8259, section 7). */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char each = text.charAt(i);
      if (each == '"' || each == '\\') {
        quoted.append('\\').append(each);
      } else if (each < ' ') {
        quoted.append("\\u%04x".formatted((int) each));
      } else {
        quoted.append(each);
      }
    }
    return quoted.append('"').toString();
  }
}
