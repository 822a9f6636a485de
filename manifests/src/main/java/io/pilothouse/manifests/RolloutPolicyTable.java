package io.pilothouse.manifests;

import io.pilothouse.api.v1.MaintenanceWindow;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fields of a RolloutPolicy. */
final class RolloutPolicyTable {
  private static final Pattern PACE = Pattern.compile("([1-9][0-9]{0,5}) per (.+)");
  private static final Pattern COMMA = Pattern.compile(",");
  private static final String DAY = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
  private static final String DAYS = DAY + "(-" + DAY + ")?(," + DAY + "(-" + DAY + ")?)*";
  private static final String CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]";
  private static final String WINDOW = "(" + DAYS + " )?" + CLOCK + "-" + CLOCK;

  /** In the order of the bits of {@link MaintenanceWindow#getDays}. */
  private static final List<String> WEEK = List.of("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun");

  private record Pace(int machines, Duration per) {}

  static final Kind<RolloutPolicy.Builder> ROLLOUT_POLICY =
      new Kind<>(
          "RolloutPolicy",
          "How a version reaches the machines of a type.",
          RolloutPolicy::newBuilder,
          ObjectTable.<RolloutPolicy.Builder>of()
              .required("name", Shapes.name("quick"), RolloutPolicy.Builder::setName, "Its name.")
              .optional(
                  "staged-share",
                  Units.share(),
                  RolloutPolicy.Builder::setStagedShare,
                  "Share of machines that must hold the version before one switches; default 95%.")
              .optional(
                  "max-unavailable",
                  Units.limit(),
                  RolloutPolicy.Builder::setMaxUnavailable,
                  "Machines of a unit that may switch at once; default 10%.")
              .optional(
                  "success-share",
                  Units.share(),
                  RolloutPolicy.Builder::setSuccessShare,
                  "Share of a unit that must come back HEALTHY; default 98%.")
              .optional(
                  "deadline",
                  Units.duration(),
                  (policy, value) -> policy.setDeadlineMs(value.toMillis()),
                  "Time that a unit has for it; default 1h.")
              .optional(
                  "soak",
                  Units.durationOrZero(),
                  (policy, value) -> policy.setSoakMs(value.toMillis()),
                  "Time between a unit that passed and the next; default 0s.")
              .optional(
                  "on-failure",
                  Shapes.oneOf(
                      new TreeMap<>(
                          Map.of(
                              "pause",
                              RolloutPolicy.OnFailure.PAUSE,
                              "rollback",
                              RolloutPolicy.OnFailure.ROLLBACK))),
                  RolloutPolicy.Builder::setOnFailure,
                  "What happens when a unit fails; default rollback.")
              .optional(
                  "max-pace",
                  pace(),
                  RolloutPolicyTable::setPace,
                  "At most so many machines are switched in any such span; default: no limit.")
              .optional(
                  "windows",
                  Shapes.list(window()),
                  RolloutPolicy.Builder::addAllWindows,
                  "Machines are switched only within one of these, in UTC; default: always.")
              .optional(
                  "first",
                  Shapes.list(UnitTable.pattern()),
                  (policy, value) -> value.forEach(each -> policy.addFirst(each.text())),
                  "Machines that are switched, and pass, before any other: the canary, by name or"
                      + " pattern."));

  private RolloutPolicyTable() {}

  private static void setPace(RolloutPolicy.Builder policy, Pace pace) {
    policy.setPaceMachines(pace.machines()).setPaceMs(pace.per().toMillis());
  }

  private static Shape<Pace> pace() {
    String expected = "a pace; write a number of machines and a span, such as 100 per 1h";
    Shape<String> text =
        Shapes.matching("[1-9][0-9]{0,5} per [0-9]{1,9}(ms|s|m|h|d)", "100 per 1h", expected);
    return Shapes.parsed(
        text,
        text::schema,
        (node, value, reading) -> {
          Matcher parts = PACE.matcher(value);
          Optional<Duration> per =
              parts.matches() ? Units.parseDuration(parts.group(2)) : Optional.empty();
          if (per.isEmpty() || per.get().toMillis() < 1000 || per.get().toDays() > 366) {
            reading.problem(node.place(), node.words() + ": the span must be from 1s to 366d");
            return Optional.empty();
          }
          return Optional.of(new Pace(Integer.parseInt(parts.group(1)), per.get()));
        });
  }

  private static Shape<MaintenanceWindow> window() {
    Shape<String> text =
        Shapes.matching(
            WINDOW,
            "Mon-Fri 02:00-05:00",
            "a window; write days if not all, and two times of the day in UTC, such as"
                + " \"Mon-Fri 02:00-05:00\" or \"22:00-04:00\" (an end that is not later ends on"
                + " the next day)");
    return Shapes.parsed(text, text::schema, (node, value, reading) -> parse(value));
  }

  private static Optional<MaintenanceWindow> parse(String text) {
    int space = text.indexOf(' ');
    String clocks = text.substring(space + 1);
    return Optional.of(
        MaintenanceWindow.newBuilder()
            .setDays(space < 0 ? 0 : days(text.substring(0, space)))
            .setFromMinute(minute(clocks.substring(0, 5)))
            .setToMinute(minute(clocks.substring(6)))
            .build());
  }

  /** Bits of the days that are named; a range may go over the end of the week. */
  private static int days(String text) {
    int days = 0;
    for (String part : COMMA.splitAsStream(text).toList()) {
      int from = WEEK.indexOf(part.substring(0, 3));
      int to = WEEK.indexOf(part.substring(part.length() - 3));
      for (int day = from; ; day = (day + 1) % WEEK.size()) {
        days |= 1 << day;
        if (day == to) {
          break;
        }
      }
    }
    return days;
  }

  private static int minute(String clock) {
    return Integer.parseInt(clock.substring(0, 2)) * 60 + Integer.parseInt(clock.substring(3));
  }
}
