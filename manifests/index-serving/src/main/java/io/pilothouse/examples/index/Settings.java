package io.pilothouse.examples.index;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * What {@code serving.properties} says, the part of a version that people edit.
 *
 * @param version as every answer shows it
 * @param columns parts of the index
 * @param ranking {@code tf-idf} or {@code bm25}
 * @param titleWeight how many times a word in a title counts
 */
record Settings(String version, int columns, String ranking, double titleWeight) {
  static final String TF_IDF = "tf-idf";
  static final String BM25 = "bm25";

  static Settings read(Path file) throws IOException {
    Properties given = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      given.load(in);
    }
    String ranking = given.getProperty("ranking", TF_IDF);
    if (!List.of(TF_IDF, BM25).contains(ranking)) {
      throw new IllegalArgumentException(
          "%s: ranking=%s is not known; write %s or %s".formatted(file, ranking, TF_IDF, BM25));
    }
    return new Settings(
        given.getProperty("version", "unknown"),
        Integer.parseInt(given.getProperty("columns", "5")),
        ranking,
        Double.parseDouble(given.getProperty("title-weight", "1")));
  }
}
