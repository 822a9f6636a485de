package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.processes.ProcFs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An agent is killed in each step of a switch, and another one goes on. */
@Timeout(120)
class SwitchCrashTest extends ProcessCase {

  /** As a kill: nothing catches it. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  /** Kills at the n-th point, and says at which. */
  private static final class At implements ApplicationManager.SwitchPoints {
    private final int which;
    private int seen;
    private String name = "";

    At(int which) {
      this.which = which;
    }

    @Override
    public void reached(String point) {
      if (seen++ == which) {
        name = point;
        throw new Killed();
      }
    }
  }

  private VersionRef version(String version, String run, String mode) throws Exception {
    return rig.manifest(
        version,
        """
        config: ["conf/**"]
        processes:
          - name: web
            run: 'trap : HUP; %s; while :; do sleep 0.05; done'
            reload: {signal: HUP}
          - name: side
            run: exec sleep 60
            after: [web]
        """
            .formatted(run),
        Map.of("conf/mode", mode));
  }

  @Test
  void aKillInAnyStepLeavesTheOldOrTheNewVersionAndTheNextAgentEndsIt() throws Exception {
    walk(version("1.0.0", "true", "slow"), version("1.1.0", "false", "slow"), 5);
  }

  @Test
  void aKillInAnyStepOfAConfigurationChange() throws Exception {
    walk(version("1.0.0", "true", "slow"), version("1.1.0", "true", "fast"), 4);
  }

  private void walk(VersionRef one, VersionRef two, int atLeast) throws Exception {
    int points = 0;
    for (boolean killed = true; killed; points++) {
      rig.serve(one, two);
      rig.staged.round();
      applications = rig.applications();
      rig.settle(applications);
      applications.close();

      At at = new At(points);
      ApplicationManager doomed = rig.applications(rig.wanted, rig.staged, at);
      killed = switchIsKilled(doomed, one, two);
      doomed.close();
      String where = "after " + at.name + ", point " + points;
      String link = rig.disk.activeVersion().orElseThrow().getVersion();
      assertThat(link).as(where).isIn("1.0.0", "1.1.0");

      rig.serve(two, one);
      ApplicationManager next = rig.applications();
      rig.settle(next);
      assertThat(next.running()).as(where).contains(two);
      assertThat(rig.disk.activeVersion().orElseThrow().getVersion()).isEqualTo("1.1.0");
      // one that was started a moment ago has yet to become the leader of its session
      Rig.await(() -> leaders().equals(described(next)));
      assertThat(described(next)).as(where).hasSize(2);
      next.close();
    }
    assertThat(points).isGreaterThan(atLeast);
  }

  /** It is at rest with the old version first, as an agent is that the switch reaches. */
  private boolean switchIsKilled(ApplicationManager doomed, VersionRef one, VersionRef two)
      throws Exception {
    try {
      rig.serve(one, two);
      doomed.round();
      rig.serve(two, one);
      rig.settle(doomed);
      return false;
    } catch (Killed e) {
      return true;
    }
  }

  /** Session leaders among the machine's processes: one for each that was started. */
  private Set<Long> leaders() throws Exception {
    String disk = rig.disk.root().toString();
    List<Long> pids =
        ProcFs.pids(
            pid ->
                ProcFs.stat(pid).filter(each -> each.session() == pid).isPresent()
                    && disk.equals(ProcFs.environment(pid).get("PILOT_DISK")));
    return new HashSet<>(pids);
  }

  private static Set<Long> described(ApplicationManager manager) {
    List<Long> pids = new ArrayList<>();
    manager.describe().forEach(each -> pids.add((Long) each.get("pid")));
    return new HashSet<>(pids);
  }
}
