package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of keys in the reference page are those of the parser. */
class ReferencePageTest {
  private static final Path PAGE = Path.of("../docs/reference/formats.md");
  private static final Pattern TABLE =
      Pattern.compile("<!-- fields: (\\w+) -->\n(.*?)<!-- end -->", Pattern.DOTALL);

  @Test
  void everyKindHasItsTable() throws IOException {
    String page = Files.readString(PAGE);
    String fresh = TABLE.matcher(page).replaceAll(ReferencePageTest::table);
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(PAGE, fresh);
    }
    assertThat(Files.readString(PAGE))
        .as("tables follow the parser: run this test with -Ddocs.write=true")
        .isEqualTo(fresh);
    for (String kind : Schemas.kinds()) {
      if (!kind.equals(Schemas.ANY)) {
        assertThat(page).contains("<!-- fields: " + kind + " -->");
      }
    }
  }

  private static String table(java.util.regex.MatchResult match) {
    JsonNode schema = Schemas.of(match.group(1)).orElseThrow();
    List<String> rows = new ArrayList<>(List.of("| key | meaning |", "|---|---|"));
    rows(schema, "", rows);
    return Matcher.quoteReplacement(
        "<!-- fields: %s -->\n%s\n<!-- end -->".formatted(match.group(1), String.join("\n", rows)));
  }

  private static void rows(JsonNode schema, String path, List<String> rows) {
    for (Map.Entry<String, JsonNode> each : schema.path("properties").properties()) {
      String key = path + each.getKey();
      JsonNode value = each.getValue();
      if (each.getKey().equals(Kind.KEY)) {
        continue;
      }
      rows.add(
          "| `%s`%s | %s |"
              .formatted(
                  key,
                  isRequired(schema, each.getKey()) ? " (required)" : "",
                  value.path("description").asText()));
      rows(value, key + ".", rows);
      rows(value.path("items"), key + "[].", rows);
      rows(value.path("anyOf").path(0), key + ".", rows);
    }
  }

  private static boolean isRequired(JsonNode schema, String key) {
    for (JsonNode each : schema.path("required")) {
      if (each.asText().equals(key)) {
        return true;
      }
    }
    return false;
  }
}
