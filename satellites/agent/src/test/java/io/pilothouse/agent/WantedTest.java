package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.WantedState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the machine was told, and what is left of it on disk. */
class WantedTest {
  @TempDir Path dir;
  private Rig rig;

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir);
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenWhenItCan() throws Exception {
    Path there = Files.createDirectories(rig.disk.wanted().resolve("in the way"));
    WantedState.Builder told = WantedState.newBuilder().setRunProcesses(true);
    assertThatThrownBy(() -> rig.want(told)).isInstanceOf(IOException.class);
    assertThat(rig.wanted.get().getRunProcesses()).as("it is acted on").isTrue();

    Files.delete(there);
    Files.delete(rig.disk.wanted());
    rig.wanted.pull();
    assertThat(rig.wantedAfterRestart().get().getRunProcesses()).isTrue();
  }
}
