package io.pilothouse.tasks.check;

import java.time.Duration;
import java.util.Optional;

/**
 * What the looks of a health check mean (Mesos' rules): failures within the grace period count only
 * once it has been well, and so many in a row end it. Not for several threads.
 */
public final class Health {
  /**
   * What changed.
   *
   * @param healthy for its framework; empty when that is as it was
   * @param words why it is not healthy; empty when it is
   * @param kill why it is to end; empty when it is not
   */
  public record Change(Optional<Boolean> healthy, String words, Optional<String> kill) {
    public static final Change NONE = new Change(Optional.empty(), "", Optional.empty());

    /** Both, where nobody has heard of the first yet. */
    public Change and(Change later) {
      boolean told = later.healthy().isPresent() || later.kill().isPresent();
      return new Change(
          later.healthy().or(this::healthy),
          told ? later.words() : words,
          later.kill().or(this::kill));
    }
  }

  private final Duration grace;
  private final int most;
  private Optional<Boolean> said;
  private int failures;

  /**
   * Of a task.
   *
   * @param grace after its start
   * @param most failures in a row that end it; fewer than one are one
   * @param said what its framework was told before
   */
  public Health(Duration grace, int most, Optional<Boolean> said) {
    this.grace = grace;
    this.most = Math.max(1, most);
    this.said = said;
  }

  /**
   * What another look means.
   *
   * @param age of the task at it
   */
  public Change look(Probe.Finding finding, Duration age) {
    if (finding.isWell()) {
      failures = 0;
      return new Change(say(true), "", Optional.empty());
    }
    if (said.isEmpty() && age.compareTo(grace) <= 0) {
      return Change.NONE;
    }
    failures++;
    Optional<String> kill =
        failures < most
            ? Optional.empty()
            : Optional.of(
                "Health check failed %d times consecutively, at last: %s"
                    .formatted(failures, finding.failure()));
    Optional<Boolean> news = say(false);
    boolean told = news.isPresent() || kill.isPresent();
    return new Change(news, told ? finding.failure() : "", kill);
  }

  private Optional<Boolean> say(boolean healthy) {
    if (said.equals(Optional.of(healthy))) {
      return Optional.empty();
    }
    said = Optional.of(healthy);
    return said;
  }
}
