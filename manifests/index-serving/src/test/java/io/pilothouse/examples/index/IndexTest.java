package io.pilothouse.examples.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The index of the example, on the corpus and the versions that ship. */
class IndexTest {
  private static final Path VERSIONS = Path.of("../examples/index-serving/contents/index");

  @TempDir Path dir;

  private static Settings settings(String version) throws IOException {
    return Settings.read(VERSIONS.resolve(version).resolve("serving.properties"));
  }

  private static Index column(int column, String version) throws IOException {
    return Index.read(VERSIONS.resolve(version).resolve("corpus.txt"), column, settings(version));
  }

  @Test
  void theColumnsTogetherHoldEachDocumentOnce() throws IOException {
    List<Integer> found = new ArrayList<>();
    int total = 0;
    for (int column = 1; column <= 5; column++) {
      Index index = column(column, "1.0.0");
      total = index.total();
      assertThat(index.size()).isEqualTo(total / 5);
      index.search(Set.of("the")).forEach(hit -> found.add(hit.id()));
    }
    assertThat(found).hasSize(total).doesNotHaveDuplicates();
  }

  @Test
  void scoresOfColumnsCanBeComparedAndTheSameQueryIsAnsweredTheSameWay() throws IOException {
    Http.Query query = new Http.Query("Northern Light", 5);
    List<ColumnAnswer> answers = new ArrayList<>();
    for (int column = 1; column <= 5; column++) {
      List<Index.Hit> hits = column(column, "1.1.0").search(Set.of("northern", "light"));
      answers.add(
          ColumnAnswer.of(new ColumnAnswer(column, "m", "1.1.0", hits.size(), hits).lines()));
    }
    Answer answer = Answer.merge(query, answers, List.of());
    assertThat(answer.hits()).hasSize(5).allMatch(hit -> hit.title().contains("Northern Light"));
    assertThat(answer.hits()).isSortedAccordingTo(Index.Hit.BEST_FIRST);
    assertThat(answer.versions()).containsExactly("1.1.0");
    assertThat(answer.json()).contains("\"complete\":true", "\"missing\":[]");
  }

  @Test
  void aMissingColumnIsNamed() {
    Answer answer = Answer.merge(new Http.Query("a \"b\"\t", 5), List.of(), List.of(3, 5));
    assertThat(answer.json())
        .contains("\"complete\":false", "\"missing\":[3,5]", "\"query\":\"a \\\"b\\\"\\u0009\"");
  }

  @Test
  void everyQueryOfTheLoadHasMatchesAndSomeMeetTheCircleOfTheBadVersion() throws IOException {
    Index index = column(1, "1.0.0");
    Synonyms bad = Synonyms.read(VERSIONS.resolve("1.2.0-bad/synonyms.txt"));
    int met = 0;
    List<String> queries = Files.readAllLines(Path.of("../examples/index-serving/queries.txt"));
    for (String query : queries) {
      List<String> words = Index.words(query);
      assertThat(index.search(Set.copyOf(words))).as(query).isNotEmpty();
      try {
        bad.expand(words);
      } catch (StackOverflowError e) {
        met++;
      }
    }
    assertThat(met).isBetween(queries.size() / 10, queries.size() / 3);
  }

  @Test
  void theVersionsDifferInTheirSettingsOnly() throws IOException {
    for (String version : List.of("1.1.0", "1.2.0-bad")) {
      assertThat(settings(version).version()).isEqualTo(version);
      assertThat(VERSIONS.resolve(version).resolve("corpus.txt"))
          .hasSameBinaryContentAs(VERSIONS.resolve("1.0.0/corpus.txt"));
    }
  }

  @Test
  void anUnknownRankingIsRefused() throws IOException {
    Path file = Files.writeString(dir.resolve("serving.properties"), "ranking=bm52\n");
    assertThatThrownBy(() -> Settings.read(file))
        .hasMessageContaining("bm52")
        .hasMessageContaining("bm25");
  }

  @Test
  void synonymsOfSynonymsAreMeantAsWell() throws IOException {
    Path file =
        Files.writeString(dir.resolve("synonyms.txt"), "# a\nbrig = ship\nship = vessel, hull\n");
    assertThat(Synonyms.read(file).expand(List.of("old", "brig")))
        .containsExactly("old", "brig", "ship", "vessel", "hull");
  }
}
