package io.pilothouse.examples.index;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * An inverted index over one column's documents. How rare a word is, is counted over all columns,
 * so that scores of different columns can be compared.
 */
final class Index {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");

  /** Of BM25 (Robertson and Zaragoza 2009): how soon a word's repetitions stop counting. */
  private static final double K1 = 1.2;

  /** Of BM25: how much longer documents are held back. */
  private static final double B = 0.75;

  private final Map<String, List<Posting>> postings = new HashMap<>();
  private final Map<String, Integer> documentsWith = new HashMap<>();
  private final Settings settings;
  private int size;
  private int total;
  private long words;

  /** A document of this column; its length is in words. */
  record Document(int id, String title, int length) {}

  /** That a word occurs in a document, and how often; in a title it counts more. */
  private record Posting(Document document, double count) {}

  /** A document that matches. */
  record Hit(double score, int id, String title) {
    static final Comparator<Hit> BEST_FIRST =
        Comparator.comparingDouble(Hit::score).reversed().thenComparingInt(Hit::id);
  }

  private Index(Settings settings) {
    this.settings = settings;
  }

  /** Reads a corpus of a document a line: number, title and text, between tabs. */
  static Index read(Path corpus, int column, Settings settings) throws IOException {
    Index index = new Index(settings);
    for (String line : Files.readAllLines(corpus)) {
      String[] parts = line.split("\t", 3);
      int id = Integer.parseInt(parts[0]);
      index.take(id, parts[1], parts[2], id % settings.columns() + 1 == column);
    }
    return index;
  }

  private void take(int id, String title, String text, boolean ours) {
    List<String> inTitle = words(title);
    List<String> inText = words(text);
    int length = inTitle.size() + inText.size();
    total++;
    words += length;
    Map<String, Double> counts = new HashMap<>();
    inTitle.forEach(each -> counts.merge(each, settings.titleWeight(), Double::sum));
    inText.forEach(each -> counts.merge(each, 1.0, Double::sum));
    counts.keySet().forEach(each -> documentsWith.merge(each, 1, Integer::sum));
    if (ours) {
      size++;
      Document document = new Document(id, title, length);
      counts.forEach(
          (word, count) ->
              postings
                  .computeIfAbsent(word, any -> new ArrayList<>())
                  .add(new Posting(document, count)));
    }
  }

  /** Documents of this column. */
  int size() {
    return size;
  }

  /** Documents of all columns. */
  int total() {
    return total;
  }

  /** The documents that have any of the words, the best first. */
  List<Hit> search(Set<String> wanted) {
    Map<Document, Double> scores = new HashMap<>();
    for (String word : new HashSet<>(wanted)) {
      int common = documentsWith.getOrDefault(word, total);
      double rare = Math.log(1.0 + (double) total / common);
      for (Posting posting : postings.getOrDefault(word, List.of())) {
        scores.merge(posting.document(), rare * weight(posting), Double::sum);
      }
    }
    return scores.entrySet().stream()
        .map(each -> new Hit(each.getValue(), each.getKey().id(), each.getKey().title()))
        .sorted(Hit.BEST_FIRST)
        .toList();
  }

  private double weight(Posting posting) {
    if (settings.ranking().equals(Settings.TF_IDF)) {
      return posting.count();
    }
    double relative = posting.document().length() * (double) total / words;
    return posting.count() * (K1 + 1) / (posting.count() + K1 * (1 - B + B * relative));
  }

  /** The words of a text as they are indexed. */
  static List<String> words(String text) {
    return WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(MatchResult::group).toList();
  }
}
