package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be asked for, and what is wrong with what was. */
class OptionsTest {

  @Test
  void policiesAndRivalsAreRunSideBySideOverTheSameFaults(@TempDir Path dir) throws Exception {
    Path policy = dir.resolve("eager.yaml");
    Files.writeString(policy, "kind: RepairPolicy\nname: eager\nconfirm-after: 10s\n");
    Options options =
        Options.parse(
            new String[] {
              "--machines", "50", "--policy", policy.toString(), "--rival", "breaker", "--days", "1"
            });
    assertThat(options.runs())
        .extracting(Options.Run::name)
        .containsExactly("eager.yaml", "breaker");
    assertThat(options.runs().get(0).plan().fleet().getRepairPolicies(0).getConfirmAfterMs())
        .isEqualTo(10_000);
    assertThat(options.runs())
        .extracting(each -> new Simulation(each.plan(), each.ruler()).strikes().size())
        .containsOnly(new Simulation(options.runs().get(0).plan(), Ruler.BREAKER).strikes().size());
  }

  @Test
  void theQuickStartFleetCanBeSimulated() throws Exception {
    Path fleet = Path.of("../../manifests/examples/quickstart");
    Options options = Options.parse(new String[] {"--fleet", fleet.toString(), "--days", "1"});
    Options.Run run = options.runs().get(0);
    Outcome outcome = new Simulation(run.plan(), run.ruler()).run(at -> {});
    assertThat(outcome.machines()).isEqualTo(12);
  }

  @Test
  void badOptionsAreNamedWithWhatIsPossible() {
    refused("--machines cannot be \"9\"; use 10.0 to 10000.0", "--machines", "9");
    refused("--days cannot be \"soon\"", "--days", "soon");
    refused("--seed cannot be \"x\"; use a whole number", "--seed", "x");
    refused("use breaker, breaker-capi or reboot-first", "--rival", "luck");
    refused("no option --colour", "--colour", "red");
    refused("the option --days has no value", "--days");
    refused("none.yaml", "--faults", "none.yaml");
    refused("none.yaml", "--policy", "none.yaml");
    refused("is not a directory", "--fleet", "none");
  }

  @Test
  void exitsWithUsageOnBadInput() {
    assertThat(Main.run(new String[] {"--machines", "many"})).isEqualTo(2);
  }

  private static void refused(String because, String... args) {
    assertThatThrownBy(() -> Options.parse(args))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(because);
  }
}
