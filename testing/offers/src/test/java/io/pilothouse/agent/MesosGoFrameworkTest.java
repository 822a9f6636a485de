package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A framework on mesos-go's library (testing/frameworks/mesos-go), unchanged as Debian has it,
 * compiled with Debian's Go, runs commands on the fleet. Both packages: {@code apt-get install
 * golang-go golang-github-mesos-mesos-go-dev}, as {@code ./pilot test --large} does.
 */
@Tag("large")
@Timeout(300)
class MesosGoFrameworkTest {
  private static final Path SOURCE = Path.of("..", "frameworks", "mesos-go").toAbsolutePath();

  @TempDir private static Path dir;
  private static OfferedSite site;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> environment =
        Map.of(
            "GO111MODULE",
            "off",
            "GOPATH",
            "/usr/share/gocode",
            "GOFLAGS",
            "",
            "GOCACHE",
            Path.of("target", "go-cache").toAbsolutePath().toString());
    try (Started compiler =
        Started.program(
            dir.resolve("go.log"),
            environment,
            List.of(
                "go", "build", "-o", dir.toString(), SOURCE.resolve("framework.go").toString()))) {
      compiler.ends(0);
    }
    site = new OfferedSite(dir);
  }

  @AfterAll
  static void stop() throws Exception {
    if (site != null) {
      site.close();
    }
  }

  private static Started framework(String name, String secret, String... arguments)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                dir.resolve("framework").toString(),
                "-master",
                site.api,
                "-user",
                OfferedSite.PRINCIPAL,
                "-secret",
                secret));
    command.addAll(List.of(arguments));
    return Started.program(dir.resolve(name + ".log"), Map.of(), command);
  }

  @ParameterizedTest
  @ValueSource(strings = {"protobuf", "json"})
  void commandsRunToTheirEnds(String codec) throws Exception {
    try (Started framework =
        framework(
            codec,
            OfferedSite.SECRET,
            "-codec",
            codec,
            "hello=echo hello; exit 0",
            "fails=exit 3",
            "endless=sleep 600")) {
      String id = framework.says("subscribed as ");
      List<String> said = framework.ends(0).lines().toList();

      assertThat(said)
          .contains(
              "declined an offer of web-01",
              "launched 3 on web-01",
              "HEARTBEAT",
              "hello TASK_FINISHED Command exited with status 0",
              "fails TASK_FAILED Command exited with status 3",
              "endless TASK_KILLED Command terminated with signal Terminated",
              "torn down");
      assertThat(said).anyMatch(line -> line.startsWith("hello TASK_RUNNING"));
      assertThat(said).filteredOn(line -> line.startsWith("asked for ")).hasSize(3);
      assertThat(site.output(id, "hello")).isEqualTo("hello\n");
      site.hasForgotten(id);
    }
  }

  @Test
  void aWrongSecretIsToldAsTheLibraryTellsIt() throws Exception {
    try (Started framework = framework("wrong", "wrong", "never=exit 0")) {
      assertThat(framework.ends(1)).contains("call not authenticated");
    }
  }
}
