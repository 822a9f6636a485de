package io.pilothouse.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.FleetChange;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a plan prints. */
class ChangeLinesTest {

  @Test
  void fewAreAllShownWithTheirFieldsBelow() {
    FleetChange changed =
        FleetChange.newBuilder()
            .setVerb("change")
            .setObject("type/web")
            .addLines("image: os@1 -> os@2")
            .setEffect("3 machines")
            .build();

    assertThat(ChangeLines.of(List.of(changed, machine("remove", 1, ""))))
        .isEqualTo("~ type/web  (3 machines)\n    image: os@1 -> os@2\n- machine/m-0001\n");
  }

  @Test
  void manyAlikeAreCounted() {
    List<FleetChange> all = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      all.add(machine("add", i, "is provisioned"));
    }

    assertThat(ChangeLines.of(all).lines())
        .hasSize(12)
        .startsWith("+ machine/m-0000  (is provisioned)")
        .contains("+ machine/m-0009  (is provisioned)")
        .endsWith(
            "+ … and 989 more like these (every name: pilot plan -o name)",
            "+ machine/m-0999  (is provisioned)");
  }

  @Test
  void whatDiffersInAnythingButItsNameIsShown() {
    List<FleetChange> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      all.add(machine(i == 100 ? "remove" : "add", i, i == 150 ? "is replaced" : ""));
    }

    assertThat(ChangeLines.of(all).lines())
        .contains("- machine/m-0100", "+ machine/m-0150  (is replaced)")
        .hasSize(12 + 1 + 49 + 1 + 49);
  }

  private static FleetChange machine(String verb, int i, String effect) {
    return FleetChange.newBuilder()
        .setVerb(verb)
        .setObject("machine/m-%04d".formatted(i))
        .setEffect(effect)
        .build();
  }
}
