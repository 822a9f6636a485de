package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.manifests.table.Field;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Problem;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Walks the field tables: each key of each kind does something, and refuses nonsense. */
class TablesTest {
  private static final String NONSENSE = "{no: such thing}";

  static Stream<Arguments> keys() {
    Stream<Kind<?>> kinds =
        Stream.concat(FleetTables.ALL.stream(), Stream.of(ManifestTables.MANIFEST));
    return kinds.flatMap(
        kind -> kind.table().fields().stream().map(field -> Arguments.of(kind, field.key())));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aKeyTakesItsExample(Kind<?> kind, String key) {
    assertThat(problems(kind, document(kind, key, field(kind, key).shape().example()))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aKeyRefusesNonsenseAtItsPlace(Kind<?> kind, String key) {
    String document = document(kind, key, NONSENSE);
    int line = document.substring(0, document.indexOf(NONSENSE)).split("\n", -1).length;

    assertThat(problems(kind, document)).isNotEmpty().allMatch(each -> each.place().line() == line);
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aKeyWithoutValueIsToldAtItsPlace(Kind<?> kind, String key) {
    assertThat(problems(kind, document(kind, key, ""))).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aKeyIsExplained(Kind<?> kind, String key) {
    assertThat(field(kind, key).doc()).endsWith(".").doesNotContain("\n");
    assertThat(key).matches("[a-z]+(-[a-z]+)*");
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aMissingKeyIsToldWhenItMustBeThere(Kind<?> kind, String key) {
    List<Problem> problems = problems(kind, without(kind, key));

    assertThat(problems).hasSize(field(kind, key).required() ? 1 : 0);
  }

  private static Field<?, ?> field(Kind<?> kind, String key) {
    return kind.table().fields().stream()
        .filter(each -> each.key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  private static String document(Kind<?> kind, String key, String value) {
    return without(kind, key) + key + ": " + value + "\n";
  }

  /** A document with what must be there, but for one key. */
  private static String without(Kind<?> kind, String key) {
    StringBuilder document = new StringBuilder("kind: " + kind.name() + "\n");
    for (Field<?, ?> field : kind.table().fields()) {
      if (field.required() && !field.key().equals(key)) {
        document.append("%s: %s%n".formatted(field.key(), field.shape().example()));
      }
    }
    return document.toString();
  }

  private static <B> List<Problem> problems(Kind<B> kind, String text) {
    Problems problems = new Problems();
    List<Node> documents = YamlReader.read("f.yaml", text, problems);
    ObjectTable<B> table = kind.table();
    table.read(
        (Node.Mapping) documents.get(0),
        kind.fresh().get(),
        new Reading("", problems, new ArrayList<>()),
        List.of("kind"));
    return problems.sorted();
  }
}
