package io.pilothouse.testing.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A machine's wall clock may jump by an hour: nothing that is due must come at once, or never, and
 * nothing must look an hour old. What runs beside the Device Manager measures time by {@code
 * System.nanoTime}, which does not jump, and what never asks the wall clock cannot be misled by it.
 * The Device Manager's leader does ask it, to stamp its entries: jumps of its clock are simulated.
 */
class WallClockTest {
  private static final Set<String> WHERE =
      Set.of(
          "agent",
          "deployment",
          "driver",
          "filesync",
          "framework",
          "kit",
          "mesos",
          "processes",
          "provisioning",
          "repair",
          "tasks",
          "watchdog");

  private static final String ABOVE_AN_EARLIER_RUN =
      "a number that must be above those of an earlier run; the answer names the floor";

  /** What asks it, and why it may. */
  private static final Map<String, String> MAY_ASK =
      Map.ofEntries(
          Map.entry("kit.HttpPage.secondsLeft", "certificates expire by the wall clock"),
          Map.entry("watchdog.checks.HttpDate.ask", "the time of day is what it is about"),
          Map.entry(
              "watchdog.ScriptRunner.timedOut", "only shown: since when a script cannot be killed"),
          Map.entry("watchdog.Prober.<init>", ABOVE_AN_EARLIER_RUN),
          Map.entry("agent.Reporter.register", ABOVE_AN_EARLIER_RUN),
          Map.entry("provisioning.BmcWatch.<init>", ABOVE_AN_EARLIER_RUN),
          Map.entry(
              "provisioning.BmcWatch.report", "the same, and it rises whatever the clock says"),
          Map.entry(
              "repair.Main.start", "tickets bear dates, and outlive the process that opened them"),
          Map.entry("driver.Updates.add", "frameworks are told times of the day"),
          Map.entry(
              "agent.Offers.open",
              "frameworks are told times of the day, and sandboxes have files' ages"));

  @Test
  void whatRunsBesideTheDeviceManagerGoesByTheMonotonicClock() {
    Set<String> asking = new TreeSet<>();
    for (JavaClass each : Code.CLASSES) {
      String name = each.getFullName().replace("io.pilothouse.", "");
      if (WHERE.contains(name.substring(0, name.indexOf('.')))) {
        asking(each).forEach(method -> asking.add(name + "." + method));
      }
    }
    assertThat(asking)
        .as("measure time by System.nanoTime, or list here why it may ask the wall clock")
        .containsExactlyInAnyOrderElementsOf(MAY_ASK.keySet());
  }

  /** A rule that overlooks a way to ask proves nothing. */
  @Test
  void everyWayToAskItIsSeen() {
    JavaClass ways = new ClassFileImporter().importClass(Ways.class);
    List<String> all = Stream.of(Ways.class.getDeclaredMethods()).map(m -> m.getName()).toList();
    assertThat(asking(ways))
        .containsExactlyInAnyOrderElementsOf(
            all.stream().filter(each -> !each.equals("given") && !each.contains("$")).toList());
  }

  /** Methods that ask it. */
  private static Set<String> asking(JavaClass of) {
    Set<String> asking = new TreeSet<>();
    for (JavaCodeUnit each : of.getCodeUnits()) {
      // calls, and references such as Instant::now
      boolean asks =
          each.getAccessesFromSelf().stream()
              .anyMatch(
                  access ->
                      access.getTarget() instanceof CodeUnitAccessTarget target
                          && isWallClock(target));
      if (asks) {
        asking.add(each.getName());
      }
    }
    return asking;
  }

  private static boolean isWallClock(CodeUnitAccessTarget target) {
    String owner = target.getOwner().getFullName();
    String name = target.getName();
    boolean unasked = target.getRawParameterTypes().isEmpty();
    return switch (owner) {
      case "java.lang.System" -> name.equals("currentTimeMillis");
      case "java.time.Clock", "java.time.InstantSource" ->
          name.startsWith("system") || name.startsWith("tick");
      case "java.util.Date", "java.util.GregorianCalendar" -> name.equals("<init>") && unasked;
      case "java.util.Calendar" -> name.equals("getInstance");
      default ->
          owner.startsWith("java.time.")
              && name.equals("now")
              && target.getRawParameterTypes().stream()
                  .noneMatch(each -> each.isAssignableTo(Clock.class));
    };
  }

  /** Ways to ask for the time of day, and one not to. */
  static final class Ways {
    long millis() {
      return System.currentTimeMillis();
    }

    LongSupplier reference() {
      return System::currentTimeMillis;
    }

    Supplier<Instant> instants() {
      return Instant::now;
    }

    Instant instant() {
      return Instant.now();
    }

    LocalDateTime local() {
      return LocalDateTime.now(ZoneOffset.UTC);
    }

    LocalDate date() {
      return LocalDate.now(ZoneOffset.UTC);
    }

    OffsetDateTime offset() {
      return OffsetDateTime.now(ZoneOffset.UTC);
    }

    ZonedDateTime zoned() {
      return ZonedDateTime.now(ZoneOffset.UTC);
    }

    Clock clock() {
      return Clock.systemUTC();
    }

    Clock ticking() {
      return Clock.tickSeconds(ZoneOffset.UTC);
    }

    InstantSource source() {
      return InstantSource.system();
    }

    @SuppressWarnings("JavaUtilDate")
    long old() {
      return new Date().getTime();
    }

    long older() {
      return Calendar.getInstance().getTimeInMillis();
    }

    Instant given(Clock clock) {
      return Instant.now(clock);
    }
  }
}
