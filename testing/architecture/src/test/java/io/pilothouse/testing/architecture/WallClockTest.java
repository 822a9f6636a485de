package io.pilothouse.testing.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** A machine's wall clock may jump by an hour: nothing that is due must come at once, or never. */
class WallClockTest {
  /** What asks it, and why it may. */
  private static final String[] MAY_ASK = {
    // the time of day is what they are about
    "io.pilothouse.watchdog.checks.HttpDate",
    // only shown: since when a script cannot be killed
    "io.pilothouse.watchdog.ScriptRunner",
    // numbers that must be above those of an earlier run; the answer names the floor
    "io.pilothouse.watchdog.Prober",
    "io.pilothouse.agent.Reporter",
  };

  @Test
  void whatWatchesMachinesGoesByTheMonotonicClock() {
    noClasses()
        .that()
        .resideInAnyPackage("io.pilothouse.watchdog..", "io.pilothouse.agent..")
        .and()
        .doNotHaveFullyQualifiedName(MAY_ASK[0])
        .and()
        .doNotHaveFullyQualifiedName(MAY_ASK[1])
        .and()
        .doNotHaveFullyQualifiedName(MAY_ASK[2])
        .and()
        .doNotHaveFullyQualifiedName(MAY_ASK[3])
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .because("System.nanoTime does not jump with the machine's clock")
        .check(Code.CLASSES);
  }
}
