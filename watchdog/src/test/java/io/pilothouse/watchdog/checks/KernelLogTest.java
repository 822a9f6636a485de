package io.pilothouse.watchdog.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.VerdictKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelLogTest {
  private final List<String> lines = new ArrayList<>();
  private Duration uptime = Duration.ofHours(1);
  private final KernelLog log =
      new KernelLog(() -> List.copyOf(lines), () -> uptime, Duration.ofMinutes(30));

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "disk.io; blk_update_request: I/O error, dev sda, sector 1953525160 op 0x0:(READ)",
        "disk.io; critical medium error, dev sdb, sector 32 op 0x0:(READ) flags 0x80700",
        "disk.io; Buffer I/O error on dev sdc1, logical block 0, async page read",
        "disk.nvme; nvme nvme0: I/O 576 (I/O Cmd) QID 3 timeout, aborting",
        "disk.nvme; nvme nvme1: controller is down; will reset: CSTS=0xffffffff",
        "fs.corrupt; EXT4-fs error (device sda1): ext4_lookup:1706: inode #2: deleted inode",
        "fs.corrupt; XFS (dm-0): Metadata corruption detected at xfs_agf_read_verify",
        "cpu.machine-check; mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 5: be00000000800400",
        "cpu.lockup; watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [kworker/2:1:123]",
        "memory.uncorrected; EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Channel#1_DIMM#0",
        "kernel.panic; BUG: unable to handle page fault for address: ffffffffc0a1b000",
      })
  void aLineThatTellsOfBrokenHardwareIsAnError(String fault, String line) throws Exception {
    say(3599, line);
    Finding finding = log.look();
    assertThat(finding.kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(finding.fault()).isEqualTo(fault);
    assertThat(finding.text()).contains(line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "Out of memory: Killed process 4711 (java) total-vm:9000kB, anon-rss:8000kB",
        "INFO: task kworker/u8:1:77 blocked for more than 120 seconds.",
        "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Channel#0_DIMM#1",
      })
  void whatIsNotTheHardwaresFaultIsAWarning(String line) throws Exception {
    say(3599, line);
    assertThat(log.look().kind()).isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void aNetworkAdapterThatWasResetOnceIsAWarningAndThriceAnError() throws Exception {
    say(3500, "NETDEV WATCHDOG: eth0 (igb): transmit queue 2 timed out");
    assertThat(log.look().kind()).isEqualTo(VerdictKind.WARNING);
    say(3510, "NETDEV WATCHDOG: eth0 (igb): transmit queue 2 timed out");
    say(3520, "igb 0000:01:00.0 eth0: Reset adapter");
    assertThat(log.look().fault()).isEqualTo("net.reset");
  }

  @Test
  void anOldLineErrsNoMoreAndIsNotFoundAnew() throws Exception {
    say(3000, "blk_update_request: I/O error, dev sda, sector 8");
    assertThat(log.look().kind()).isEqualTo(VerdictKind.ERROR);
    uptime = Duration.ofMinutes(81);
    assertThat(log.look().kind()).isEqualTo(VerdictKind.OK);
    // an agent that starts now reads the same log
    KernelLog afterRestart =
        new KernelLog(() -> List.copyOf(lines), () -> uptime, Duration.ofMinutes(30));
    assertThat(afterRestart.look().kind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void aFreshLineIsFoundByAnAgentThatStartsAnewAndRememberedWhenTheRingHasLostIt()
      throws Exception {
    say(3590, "blk_update_request: I/O error, dev sda, sector 8");
    assertThat(log.look().kind()).isEqualTo(VerdictKind.ERROR);
    lines.clear();
    assertThat(log.look().kind()).isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void aLineCountsOnceHoweverOftenItIsRead() throws Exception {
    say(3590, "NETDEV WATCHDOG: eth0 (igb): transmit queue 2 timed out");
    for (int i = 0; i < 5; i++) {
      assertThat(log.look().text()).contains("1 line within");
    }
    // another with the very same stamp
    say(3590, "NETDEV WATCHDOG: eth1 (igb): transmit queue 2 timed out");
    assertThat(log.look().text()).contains("2 lines within");
    assertThat(log.look().text()).contains("2 lines within");
  }

  @Test
  void everyFormOfTheLineIsRead() throws Exception {
    lines.add("[ 3590.000001][ T123] blk_update_request: I/O error, dev sda, sector 8");
    lines.add("[ 3591.5] blk_update_request: I/O error, dev sda, sector 8");
    lines.add("blk_update_request: I/O error, dev sda: a line without a stamp is none");
    assertThat(log.look().text()).contains("2 lines");
  }

  @Test
  void aHealthyLogIsOk() throws Exception {
    say(3599, "EXT4-fs (vda): mounted filesystem with ordered data mode");
    say(3599, "mce: CPU supports 7 MCE banks");
    say(3599, "EDAC MC: Ver: 3.0.0");
    assertThat(log.look().kind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void aFileThatIsNotThereIsSaid() {
    KernelLog gone = KernelLog.of("/no/such/log", Duration.ofMinutes(30));
    assertThatThrownBy(gone::look)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/no/such/log");
  }

  @Test
  void thisMachinesOwnLogCanBeReadOrTheReasonIsGiven() throws Exception {
    KernelLog own = KernelLog.of("", Duration.ofMinutes(30));
    try {
      assertThat(own.look().text()).isNotEmpty();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("run the agent as root");
    }
    assertThat(Path.of("/proc/uptime")).exists();
  }

  private void say(long second, String text) {
    lines.add("<4>[%5d.000100] %s".formatted(second, text));
  }
}
