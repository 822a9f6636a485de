package io.pilothouse.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.manifests.ProcessSpec.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written where, in directories that stand for the kernel's. */
class CgroupsTest {
  private static final Limits ALL =
      new Limits(Optional.of(1.5), Optional.of(64L << 20), OptionalInt.of(100));

  @TempDir private Path dir;

  private Path mounted(String lines) throws IOException {
    return Files.writeString(dir.resolve("mountinfo"), lines.replace("DIR", dir.toString()));
  }

  private String file(String path) throws IOException {
    return Files.readString(dir.resolve(path));
  }

  @Test
  void versionTwoHasOneTreeAndEachLevelHandsItsControllersDown() throws IOException {
    Files.writeString(dir.resolve("cgroup.controllers"), "cpuset cpu io memory pids\n");
    Path mounts = mounted("30 23 0:26 / DIR rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    Cgroups cgroups = Cgroups.find(mounts, "pilothouse/web-01-0000002a");
    assertThat(cgroups.notEnforced(ALL)).isEmpty();
    Cgroup group = cgroups.make("server", ALL).orElseThrow();
    String machine = "pilothouse/web-01-0000002a";
    for (String level : new String[] {"", "pilothouse/", machine + "/"}) {
      assertThat(file(level + "cgroup.subtree_control")).isEqualTo("+cpu +memory +pids");
    }
    assertThat(file(machine + "/server/cpu.max")).isEqualTo("150000 100000");
    assertThat(file(machine + "/server/memory.max")).isEqualTo("67108864");
    assertThat(file(machine + "/server/memory.swap.max")).isEqualTo("0");
    assertThat(file(machine + "/server/memory.oom.group")).isEqualTo("1");
    assertThat(file(machine + "/server/pids.max")).isEqualTo("100");
    assertThat(group.entrances()).containsExactly(dir.resolve(machine + "/server/cgroup.procs"));
    Files.writeString(dir.resolve(machine + "/server/cgroup.procs"), "17\n23\n");
    Files.writeString(dir.resolve(machine + "/server/memory.events"), "low 0\noom 2\noom_kill 1\n");
    assertThat(group.pids()).containsExactly(17L, 23L);
    assertThat(group.outOfMemory()).isEqualTo(1);
    assertThat(cgroups.holding(17, "server")).isPresent();
    assertThat(cgroups.holding(18, "server")).isEmpty();
  }

  @Test
  void versionOneHasATreeForEachController() throws IOException {
    for (String each : new String[] {"cpu", "memory", "pids", "unified"}) {
      Files.createDirectories(dir.resolve(each));
    }
    Files.writeString(dir.resolve("unified/cgroup.controllers"), "\n");
    Path mounts =
        mounted(
            """
            31 30 0:27 / DIR/cpu rw - cgroup cgroup rw,cpu,cpuacct
            32 30 0:28 / DIR/memory rw - cgroup cgroup rw,memory
            33 30 0:29 / DIR/pids rw - cgroup cgroup rw,pids
            34 30 0:30 / DIR/unified rw - cgroup2 cgroup2 rw
            35 30 0:31 / DIR/systemd rw - cgroup cgroup rw,name=systemd
            """);
    Cgroups cgroups = Cgroups.find(mounts, "pilothouse/m");
    assertThat(cgroups.notEnforced(ALL)).isEmpty();
    assertThat(cgroups.make("server", ALL).orElseThrow().entrances()).hasSize(4);
    assertThat(file("cpu/pilothouse/m/server/cpu.cfs_quota_us")).isEqualTo("150000");
    assertThat(file("memory/pilothouse/m/server/memory.limit_in_bytes")).isEqualTo("67108864");
    assertThat(file("pids/pilothouse/m/server/pids.max")).isEqualTo("100");
    // without limits one group is enough to find the processes again
    assertThat(cgroups.make("side", Limits.NONE).orElseThrow().entrances())
        .containsExactly(dir.resolve("unified/pilothouse/m/side/cgroup.procs"));
  }

  @Test
  void whatTheKernelHasNotIsSaidWithItsReason() throws IOException {
    assertThat(Cgroups.find(mounted(""), "m").notEnforced(ALL))
        .contains("cpus, mem, pids not enforced: the kernel has no such control group mounted");
    assertThat(Cgroups.find(mounted(""), "m").notEnforced(Limits.NONE)).isEmpty();
    Files.createDirectories(dir.resolve("memory"));
    Files.writeString(dir.resolve("memory/m"), "in the way");
    String memory = "32 30 0:28 / DIR/memory rw - cgroup cgroup rw,memory\n";
    assertThat(Cgroups.find(mounted(memory), "m/n").notEnforced(ALL).orElseThrow())
        .startsWith("cpus, mem, pids not enforced: " + dir.resolve("memory/m/n"))
        .contains("cannot be used");
  }

  private static Limits limits(double cpus, long megabytes) {
    return new Limits(Optional.of(cpus), Optional.of(megabytes << 20), OptionalInt.empty());
  }

  @Test
  void whoRunsIsNeverLeftLessMemoryThanItHas() throws IOException {
    Files.writeString(dir.resolve("cgroup.controllers"), "cpu memory pids\n");
    Path mounts = mounted("30 23 0:26 / DIR rw - cgroup2 cgroup2 rw\n");
    Cgroup group = Cgroups.find(mounts, "m").make("e", limits(1, 64)).orElseThrow();
    String memory = "m/e/memory.max";

    group.limit(limits(2, 96));
    assertThat(file(memory)).isEqualTo(Long.toString(96L << 20));
    group.limit(limits(0.5, 64));
    assertThat(file(memory)).as("it may have it in use").isEqualTo(Long.toString(96L << 20));
    assertThat(file("m/e/cpu.max")).as("of processors it can").isEqualTo("50000 100000");
    Files.writeString(dir.resolve(memory), "max\n");
    group.limit(limits(1, 128));
    assertThat(file(memory)).isEqualTo("max\n");
  }

  @Test
  void norByVersionOne() throws IOException {
    Files.createDirectories(dir.resolve("memory/m/e"));
    Files.writeString(dir.resolve("memory/m/e/memory.memsw.limit_in_bytes"), "9223372036854771712");
    Path mounts = mounted("32 30 0:28 / DIR/memory rw - cgroup cgroup rw,memory\n");
    Cgroup group = Cgroups.find(mounts, "m").make("e", limits(1, 64)).orElseThrow();

    group.limit(limits(1, 96));
    group.limit(limits(1, 64));
    for (String each : new String[] {"memory", "memory.memsw"}) {
      assertThat(file("memory/m/e/" + each + ".limit_in_bytes"))
          .isEqualTo(Long.toString(96L << 20));
    }
  }

  /** Where each of these is mounted as version 1. */
  private Cgroups old(String... controllers) throws IOException {
    StringBuilder mounts = new StringBuilder();
    for (String each : controllers) {
      Files.createDirectories(dir.resolve(each));
      mounts.append("31 30 0:27 / DIR/%1$s rw - cgroup cgroup rw,%1$s\n".formatted(each));
    }
    return Cgroups.find(mounted(mounts.toString()), "m");
  }

  @Test
  void whatHasNoLimitAnyMoreIsLiftedByBothVersions() throws IOException {
    Cgroup old = old("cpu", "memory", "pids").make("e", ALL).orElseThrow();
    Files.writeString(dir.resolve("memory/m/e/memory.memsw.limit_in_bytes"), "67108864");
    old.limit(Limits.NONE);
    assertThat(file("cpu/m/e/cpu.cfs_quota_us")).isEqualTo("-1");
    assertThat(file("memory/m/e/memory.limit_in_bytes")).isEqualTo("-1");
    assertThat(file("memory/m/e/memory.memsw.limit_in_bytes")).isEqualTo("-1");
    assertThat(file("pids/m/e/pids.max")).isEqualTo("max");

    Files.writeString(dir.resolve("cgroup.controllers"), "cpu memory pids\n");
    Path mounts = mounted("30 23 0:26 / DIR rw - cgroup2 cgroup2 rw\n");
    Cgroup fresh = Cgroups.find(mounts, "n").make("e", ALL).orElseThrow();
    fresh.limit(Limits.NONE);
    assertThat(file("n/e/cpu.max")).isEqualTo("max 100000");
    assertThat(file("n/e/memory.max")).isEqualTo("max");
    assertThat(file("n/e/pids.max")).isEqualTo("max");
  }

  @Test
  void aShareOfTheProcessorsIsByWhatWasGivenWithinWhatTheKernelTakes() throws IOException {
    Cgroups old = old("cpu", "pids");
    for (double each : new double[] {0.5, 0, 1000}) {
      var unused = old.make("e" + each, Limits.NONE, each);
    }
    assertThat(file("cpu/m/e0.5/cpu.shares")).isEqualTo("512");
    assertThat(file("cpu/m/e0.0/cpu.shares")).isEqualTo("2");
    assertThat(file("cpu/m/e1000.0/cpu.shares")).isEqualTo("262144");
    assertThat(dir.resolve("cpu/m/e0.5/cpu.cfs_quota_us")).doesNotExist();

    Files.writeString(dir.resolve("cgroup.controllers"), "cpu\n");
    Path mounts = mounted("30 23 0:26 / DIR rw - cgroup2 cgroup2 rw\n");
    for (double each : new double[] {0.5, 0, 1000}) {
      var unused = Cgroups.find(mounts, "n").make("e" + each, Limits.NONE, each);
    }
    assertThat(file("n/e0.5/cpu.weight")).isEqualTo("50");
    assertThat(file("n/e0.0/cpu.weight")).isEqualTo("1");
    assertThat(file("n/e1000.0/cpu.weight")).isEqualTo("10000");
  }

  @Test
  void whatTheKernelCountedIsRead() throws IOException {
    Cgroup old = old("memory", "pids").make("e", ALL).orElseThrow();
    assertThat(old.forksRefused()).as("an older kernel").isZero();
    assertThat(old.memory()).contains(new Cgroup.Memory(64L << 20, 0));
    Files.writeString(dir.resolve("pids/m/e/pids.events"), "max 7\n");
    Files.writeString(dir.resolve("memory/m/e/memory.max_usage_in_bytes"), "4096\n");
    assertThat(old.forksRefused()).isEqualTo(7);
    assertThat(old.memory()).contains(new Cgroup.Memory(64L << 20, 4096));

    Files.writeString(dir.resolve("cgroup.controllers"), "memory pids\n");
    Path mounts = mounted("30 23 0:26 / DIR rw - cgroup2 cgroup2 rw\n");
    Cgroup fresh = Cgroups.find(mounts, "n").make("e", Limits.NONE).orElseThrow();
    Files.writeString(dir.resolve("n/e/memory.max"), "max\n");
    Files.writeString(dir.resolve("n/e/memory.peak"), "8192\n");
    Files.writeString(dir.resolve("n/e/pids.events"), "max 1\n");
    assertThat(fresh.forksRefused()).isEqualTo(1);
    assertThat(fresh.memory()).contains(new Cgroup.Memory(Long.MAX_VALUE, 8192));
  }

  @Test
  void whichGroupsAProcessIsInIsLookedUpWhateverItsLimitsAreNow() throws IOException {
    Cgroups cgroups = old("cpu", "memory", "pids");
    var unused =
        cgroups.make("e", new Limits(Optional.of(1.0), Optional.empty(), OptionalInt.of(9)));
    Files.writeString(dir.resolve("cpu/m/e/cgroup.procs"), "17\n");
    Files.writeString(dir.resolve("pids/m/e/cgroup.procs"), "17\n");

    Cgroup group = cgroups.holding(17, "e").orElseThrow();

    assertThat(group.entrances())
        .containsExactly(dir.resolve("cpu/m/e/cgroup.procs"), dir.resolve("pids/m/e/cgroup.procs"));
    group.limit(ALL);
    assertThat(dir.resolve("memory/m/e")).as("it is not in it").doesNotExist();
  }
}
