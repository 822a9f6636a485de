package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.dm.state.Applied;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Reports that newer ones of the same reporter have overtaken. One of them arrives once more every
 * hour, on whatever fleet there is by then, and nothing may come of it. Which ones are older is
 * kept here, and not asked of the state: it must not forget.
 */
final class Overtaken {
  private static final String OLDER = "9 a report older than one already applied changes nothing";
  private static final int KEPT = 500;

  private record Said(String reporter, VerdictReport report) {
    String about() {
      return reporter + " of " + report.getMachine() + "/" + report.getWatchdog();
    }
  }

  private final Leader leader;
  private final Random random;
  private final Map<String, Said> newest = new HashMap<>();
  private final List<Said> overtaken = new ArrayList<>();

  Overtaken(Leader leader, Random random) {
    this.leader = leader;
    this.random = random;
  }

  /** These were applied just now. */
  void applied(ApplyVerdicts verdicts) {
    for (VerdictReport report : verdicts.getReportsList()) {
      Said said = new Said(verdicts.getReporter(), report);
      Said before = newest.get(said.about());
      boolean newer = before == null || before.report().getSequence() < report.getSequence();
      if (newer) {
        newest.put(said.about(), said);
      }
      if (before != null) {
        keep(newer ? before : said);
      }
    }
  }

  private void keep(Said said) {
    if (overtaken.size() < KEPT) {
      overtaken.add(said);
    } else {
      overtaken.set(random.nextInt(KEPT), said);
    }
  }

  int known() {
    return overtaken.size();
  }

  /** One of them arrives again, at the time of the last entry: nothing is due but what it says. */
  void repeat() {
    if (overtaken.isEmpty() || !leader.isUp()) {
      return;
    }
    Said said = overtaken.get(random.nextInt(overtaken.size()));
    ApplyVerdicts verdicts =
        ApplyVerdicts.newBuilder().setReporter(said.reporter()).addReports(said.report()).build();
    Applied applied =
        leader.repeats(
            Request.newBuilder()
                .setPrincipal(said.reporter())
                .setCommand(Command.newBuilder().setApplyVerdicts(verdicts))
                .build());
    if (!applied.events().isEmpty()) {
      throw new Violation(OLDER, "%s brought %s".formatted(said, applied.events()));
    }
  }
}
