package org.apache.mesos;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.framework.testing.FakeMaster;
import io.pilothouse.mesos.stream.Schedulers;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The one driver beside Mesos' classes of several versions, made for Protocol Buffers of several
 * versions: a framework in a process of its own, with nothing else of ours on its class path.
 */
@Timeout(120)
class FlavoursTest {
  private static final Path JARS = Path.of("target", "flavours");

  @TempDir private Path dir;

  private static String where(Class<?> of) throws URISyntaxException {
    return Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mesos-0.21.1-shaded-protobuf.jar",
        "mesos-1.0.0.jar:protobuf-java-2.6.1.jar",
        "mesos-1.11.0-shaded-protobuf.jar"
      })
  void anOldFrameworkRunsWithTheClassesThatItBrings(String jars) throws Exception {
    List<String> classPath = new ArrayList<>();
    classPath.add(where(MesosSchedulerDriver.class));
    classPath.add(where(Schedulers.class));
    for (String each : jars.split(":", -1)) {
      classPath.add(JARS.resolve(each).toString());
    }
    classPath.add(where(OldFramework.class));
    Path said = dir.resolve("said");
    try (FakeMaster master = FakeMaster.start()) {
      Process framework =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  String.join(File.pathSeparator, classPath),
                  OldFramework.class.getName(),
                  master.address())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      try {
        var unused = master.next(Call.Type.SUBSCRIBE);
        Offer offer = master.offer("m1", 2, 64);
        master.offers(offer);
        TaskInfo launched =
            master.next(Call.Type.ACCEPT).getAccept().getOperations(0).getLaunch().getTaskInfos(0);
        assertThat(launched.getAgentId()).isEqualTo(offer.getAgentId());
        assertThat(launched.getResourcesList()).isEqualTo(offer.getResourcesList());
        var running =
            master.updates(launched.getTaskId(), launched.getAgentId(), TaskState.TASK_RUNNING);
        assertThat(master.next(Call.Type.ACKNOWLEDGE).getAcknowledge().getUuid())
            .isEqualTo(running.getUuid());
        master.updates(launched.getTaskId(), launched.getAgentId(), TaskState.TASK_FINISHED);
        var unusedToo = master.next(Call.Type.TEARDOWN);
        assertThat(framework.waitFor(60, TimeUnit.SECONDS)).isTrue();
      } finally {
        framework.destroyForcibly();
      }
    }
    assertThat(Files.readString(said)).contains("run DRIVER_STOPPED").doesNotContain("error ");
  }
}
