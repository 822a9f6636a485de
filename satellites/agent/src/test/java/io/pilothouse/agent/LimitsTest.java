package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.manifests.ProcessSpec.Limits;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.ProcFs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits that this kernel enforces. */
@Tag("system")
@Timeout(60)
class LimitsTest extends ProcessCase {

  @BeforeEach
  void onlyRootCanMakeGroups() {
    Limits all = new Limits(Optional.of(1.0), Optional.of(1L << 20), OptionalInt.of(1));
    assertThat(rig.cgroups.notEnforced(all)).as("run by root, with control groups").isEmpty();
  }

  @Test
  void oneThatEatsMemoryIsKilledAndToldWhy() throws Exception {
    VersionRef hungry =
        rig.web(
            "1.0.0",
            "head -c 500000000 /dev/zero | tail -c 400000000 > /dev/null", // keeps what it has read
            "limits: {mem: 64MiB}");
    stage(hungry);
    rig.until(applications, () -> fault().equals("process.ended"));
    assertThat(text()).contains("was killed: out of its memory limit 64 MiB");
  }

  @Test
  void aForkBombIsBoundedByItsLimitAndKilledAtAStop() throws Exception {
    VersionRef bomb =
        rig.web(
            "1.0.0",
            "exec perl -e 'while (1) { defined fork or select undef, undef, undef, 0.05 }'",
            "limits: {pids: 30}");
    run(bomb);
    Rig.await(() -> members() >= 20);
    for (int i = 0; i < 50; i++) {
      assertThat(members()).isLessThanOrEqualTo(30);
    }
    stopAll(bomb);
    assertThat(members()).isZero();
  }

  private long members() throws Exception {
    String disk = rig.disk.root().toString();
    return ProcFs.pids(pid -> disk.equals(ProcFs.environment(pid).get("PILOT_DISK"))).size();
  }

  @Test
  void processorsAreLimitedAndTheGroupsGoWithTheProcess() throws Exception {
    VersionRef one =
        rig.web(
            "1.0.0",
            "cat /proc/self/cgroup > \"$OUT/groups\"\nexec sleep 60",
            "limits: {cpus: 0.5, mem: 100MiB, pids: 10}");
    run(one);
    awaitSaid("groups");
    assertThat(rig.said("groups")).contains("pilothouse-test/").contains("/server");
    Path group = group();
    boolean old = Files.exists(group.resolve("cpu.cfs_quota_us"));
    assertThat(Files.readString(group.resolve(old ? "cpu.cfs_quota_us" : "cpu.max")))
        .startsWith("50000");
    stopAll(one);
    assertThat(group).doesNotExist();
    assertThat(group.getParent()).doesNotExist();
  }

  private Path group() throws Exception {
    for (String line : Files.readAllLines(Cgroups.MOUNTS)) {
      Path mount = Path.of(line.split(" ", -1)[4]);
      boolean cpu = line.matches(".* - cgroup .*\\bcpu\\b.*") || line.contains(" - cgroup2 ");
      String path =
          rig.said("groups")
              .lines()
              .filter(each -> each.endsWith("/server"))
              .findFirst()
              .orElseThrow()
              .replaceFirst("^[^/]*/", "");
      if (cpu
          && Files.exists(mount.resolve(path).resolve("cgroup.procs"))
          && (Files.exists(mount.resolve(path).resolve("cpu.cfs_quota_us"))
              || Files.exists(mount.resolve(path).resolve("cpu.max")))) {
        return mount.resolve(path);
      }
    }
    throw new AssertionError("no group limits processors");
  }

  @Test
  void anotherAgentGoesOnWithTheGroups() throws Exception {
    VersionRef one = rig.web("1.0.0", PID + "exec sleep 60", "limits: {pids: 10}");
    run(one);
    awaitSaid("pid");
    Wanted wanted = rig.wantedAfterRestart();
    ApplicationManager second = rig.applications(wanted, rig.stagedAfterRestart(wanted));
    second.round();
    assertThat(second.problem()).isEmpty();
    assertThat(runs("pid")).isTrue();
    rig.want(rig.inService().setRunProcesses(false).addStaged(one).setActive(one));
    wanted.pull();
    second.round();
    assertThat(runs("pid")).isFalse();
    assertThat(rig.cgroups.holding(Long.parseLong(rig.said("pid")), "server")).isEmpty();
  }

  @Test
  void anotherUserIsThatUserWithItsSecretsAndNoOthers() throws Exception {
    Files.createDirectories(rig.disk.secrets());
    Path source = Files.writeString(rig.disk.secrets().resolve("db-password"), "hunter2\n");
    new ProcessBuilder("chmod", "600", source.toString()).start().waitFor();
    new ProcessBuilder("chmod", "-R", "go+rwX", dir.toString()).start().waitFor();
    new ProcessBuilder("chmod", "700", rig.disk.secrets().toString()).start().waitFor();
    new ProcessBuilder("chmod", "600", source.toString()).start().waitFor();
    VersionRef one =
        rig.web(
            "1.0.0",
            "{ id -un; cat \"$PILOT_SECRETS/pw\"; stat -c '%a %U' \"$PILOT_SECRETS/pw\""
                + " \"$PILOT_SECRETS\"; cat \"$PILOT_DISK/secrets/db-password\" || echo refused;"
                + " } > \"$OUT/said\" 2>/dev/null\nexec sleep 60",
            "user: nobody\nsecrets: [{name: pw, from: db-password}]");
    run(one);
    Rig.await(() -> rig.said("said").endsWith("refused"));
    assertThat(rig.said("said")).isEqualTo("nobody\nhunter2\n400 nobody\n700 nobody\nrefused");
  }
}
