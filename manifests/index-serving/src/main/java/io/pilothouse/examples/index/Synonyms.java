package io.pilothouse.examples.index;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Words that a query means as well, and theirs in turn. A circle never ends: it is the fault of
 * which version {@code 1.2.0-bad} dies, on the first query that has a word of the circle.
 */
final class Synonyms {
  private final Map<String, List<String>> others = new HashMap<>();

  private Synonyms() {}

  /** Reads lines of {@code word = other, other}; without the file there are none. */
  static Synonyms read(Path file) throws IOException {
    Synonyms synonyms = new Synonyms();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        int equals = line.indexOf('=');
        if (equals > 0 && !line.startsWith("#")) {
          synonyms.others.put(
              line.substring(0, equals).strip(), Index.words(line.substring(equals + 1)));
        }
      }
    }
    return synonyms;
  }

  /** The words, and all that they mean as well. */
  Set<String> expand(List<String> words) {
    Set<String> all = new LinkedHashSet<>();
    words.forEach(each -> expand(each, all));
    return all;
  }

  private void expand(String word, Set<String> all) {
    all.add(word);
    others.getOrDefault(word, List.of()).forEach(each -> expand(each, all));
  }
}
