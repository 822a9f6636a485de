package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.dm.state.Transitions.Step;
import io.pilothouse.dm.state.Transitions.TransitionTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every pair of every table, and the page that is rendered from them. */
class TransitionsTest {
  private static final Path PAGE = Path.of("../../docs/reference/state-machines.md");

  static List<TransitionTable<?>> tables() {
    return Transitions.all();
  }

  @ParameterizedTest
  @MethodSource("tables")
  void everyPairIsAllowedByARuleOrStopsTheProcess(TransitionTable<?> table) {
    walk(table);
  }

  private static <S extends Enum<S>> void walk(TransitionTable<S> table) {
    S[] states = table.steps().get(0).from().getDeclaringClass().getEnumConstants();
    Set<String> allowed = new HashSet<>();
    for (S from : states) {
      for (S to : states) {
        if (table.allows(from, to)) {
          allowed.add(from + " " + to);
          table.check(from, to, "web-03");
          assertThat(table.find(from, to).orElseThrow().when()).isNotBlank();
        } else {
          assertThatThrownBy(() -> table.check(from, to, "web-03"))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("web-03: " + from + " may not become " + to);
        }
      }
    }
    assertThat(table.steps()).as("no pair is listed twice").hasSize(allowed.size());
  }

  @Test
  void failureNeverBecomesHealthyDirectly() {
    assertThat(Transitions.CONDITION.allows(Condition.FAILURE, Condition.HEALTHY)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("tables")
  void everyStateCanBeReached(TransitionTable<?> table) {
    Set<String> reached = new TreeSet<>();
    table.steps().forEach(each -> reached.add(each.to().name()));
    for (Step<?> step : table.steps()) {
      boolean start =
          Set.of("EXPECTED", "DISCOVERED", "ASSIGNED", "PLANNED", "PENDING")
                  .contains(step.from().name())
              || step.from().name().endsWith("UNSPECIFIED");
      assertThat(start || reached.contains(step.from().name())).as(step.toString()).isTrue();
    }
  }

  @Test
  void closedRepairsStayClosed() {
    for (Repair.State closed :
        List.of(Repair.State.DONE, Repair.State.FAILED, Repair.State.EXPIRED)) {
      assertThat(Transitions.REPAIR.steps()).noneMatch(each -> each.from() == closed);
    }
  }

  @Test
  void pageIsRenderedFromTheTables() throws IOException {
    if (Boolean.getBoolean("pilothouse.docs.write")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, Transitions.markdown(), StandardCharsets.UTF_8);
    }
    assertThat(PAGE)
        .as(
            "write it anew: mvn -pl device-manager/state test -Dtest=TransitionsTest"
                + " -Dpilothouse.docs.write=true")
        .hasContent(Transitions.markdown());
  }
}
