package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands that look at a process cost a process at a time, whatever they do. */
@Timeout(60)
class ProbeBoundsTest extends ProcessCase {
  private static final int LOOKS = 5;

  private VersionRef web(String ready) throws IOException {
    return rig.web("1.0.0", "exec sleep 60", "start-timeout: 50s\nready: " + ready);
  }

  /** Of what looks have written down, those that still run. */
  private List<String> running(String file) throws IOException {
    return rig.said(file)
        .lines()
        .filter(each -> ProcFs.startTicks(Long.parseLong(each)).isPresent())
        .toList();
  }

  @Test
  void oneThatHangsIsKilledWithAllThatItStartedBeforeTheNextBegins() throws Exception {
    VersionRef hangs =
        web(
            "{command: 'echo $$ >> \"$OUT/looks\"; sleep 301 & echo $! >> \"$OUT/children\";"
                + " wait', interval: 20ms, timeout: 200ms}");
    stage(hangs);
    rig.until(
        applications,
        () -> {
          assertThat(running("looks")).hasSizeLessThanOrEqualTo(1);
          return rig.said("looks").lines().count() > LOOKS;
        });
    assertThat(text()).contains("the ready command did not end within 200 ms and was killed");
    stopAll(hangs);
    Rig.await(() -> running("looks").isEmpty() && running("children").isEmpty());
  }

  @Test
  void whatOneLeavesBehindIsKilled() throws Exception {
    run(web("{command: 'sleep 302 & echo $! >> \"$OUT/children\"', interval: 20ms}"));
    Rig.await(() -> rig.said("children").lines().count() > LOOKS);
    Rig.await(() -> running("children").size() <= 1);
  }
}
