package io.pilothouse.manifests;

import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fields of a watchdog that mean something only for one way to run it, and how they must fit. */
final class WatchdogChecks {
  private static final int MINUTE_MS = 60_000;

  private final Problems problems;

  WatchdogChecks(Problems problems) {
    this.problems = problems;
  }

  void document(WatchdogDraft draft) {
    WatchdogSpec.Runner run = draft.run == null ? WatchdogSpec.Runner.SCRIPT : draft.run.value();
    only(
        draft.quorum,
        run == WatchdogSpec.Runner.REMOTE,
        "quorum: only a remote watchdog has several observers; write run: remote, or take it away");
    only(
        draft.reporters,
        run == WatchdogSpec.Runner.EXTERNAL,
        "reporters: only an external watchdog names who reports; write run: external, or take it"
            + " away");
    reporters(draft.reporters);
    quota(draft);
  }

  private void only(@Nullable Placed<?> field, boolean allowed, String otherwise) {
    if (field != null && !allowed) {
      problems.add(field.place(), otherwise);
    }
  }

  private void reporters(@Nullable Placed<List<String>> reporters) {
    if (reporters != null && reporters.value().isEmpty()) {
      problems.add(reporters.place(), "reporters: nobody may report; name one, or take it away");
    }
  }

  private void quota(WatchdogDraft draft) {
    Placed<Integer> quota = draft.quota;
    long every = Math.max(1, draft.spec.getEveryMs());
    if (quota != null && (long) quota.value() * every < MINUTE_MS) {
      Place place = quota.place();
      problems.add(
          place,
          "quota-per-minute: %d is less than one machine needs at every (%d); it would be silent"
              .formatted(quota.value(), (MINUTE_MS + every - 1) / every));
    }
  }
}
