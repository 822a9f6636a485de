package io.pilothouse.tasks.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeConfigTest {
  private static final OciRuntime CRUN = new OciRuntime(Path.of("/usr/bin/crun"), true);
  private static final OciRuntime RUNC = new OciRuntime(Path.of("/usr/sbin/runc"), false);

  private static RuntimeConfig.Spec spec(int uid) {
    return new RuntimeConfig.Spec(
        List.of("/bin/x", "y"),
        Map.of("A", "b=c"),
        "/srv",
        new Ids(uid, 7, List.of(8)),
        "h",
        List.of(new Mount("/data", "/d", true)),
        Optional.of("/pilothouse/m/c"));
  }

  private static List<String> texts(JsonNode list, String field) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.path(field).asText()));
    return texts;
  }

  @Test
  void aContainerHasNameSpacesOfItsOwnButForTheNetwork() {
    JsonNode config = RuntimeConfig.of(spec(0), CRUN);
    assertThat(texts(config.at("/linux/namespaces"), "type"))
        .containsExactlyInAnyOrder("pid", "ipc", "uts", "mount", "cgroup");
    assertThat(config.at("/process/noNewPrivileges").asBoolean()).isTrue();
    assertThat(config.at("/process/env/0").asText()).isEqualTo("A=b=c");
    assertThat(config.at("/process/cwd").asText()).isEqualTo("/srv");
    assertThat(config.at("/process/user/additionalGids/0").asInt()).isEqualTo(8);
    assertThat(config.at("/process/capabilities/effective").toString())
        .contains("CAP_SETUID")
        .doesNotContain("SYS_ADMIN", "MKNOD", "NET_RAW", "PTRACE");
    assertThat(config.at("/linux/cgroupsPath").isMissingNode()).isTrue();
    JsonNode data = config.at("/mounts").get(config.at("/mounts").size() - 1);
    assertThat(data.get("destination").asText()).isEqualTo("/d");
    assertThat(data.get("options").toString())
        .contains("\"ro\"", "\"bind\"", "nosuid", "nodev")
        .as("what is mounted below it is not writable either")
        .doesNotContain("rbind");
  }

  @Test
  void whoIsNotRootHasNoCapabilities() {
    JsonNode config = RuntimeConfig.of(spec(5), CRUN);
    assertThat(config.at("/process/capabilities/effective")).isEmpty();
    assertThat(config.at("/process/capabilities/permitted")).isEmpty();
    assertThat(config.at("/process/user/uid").asInt()).isEqualTo(5);
  }

  @Test
  void runcIsToldTheGroupsThatTheAgentMade() {
    JsonNode config = RuntimeConfig.of(spec(0), RUNC);
    assertThat(config.at("/linux/cgroupsPath").asText()).isEqualTo("/pilothouse/m/c");
    assertThat(RUNC.run(new Bundle(Path.of("/b/c1")), "5:7"))
        .contains("/usr/sbin/runc", "run", "5:7", "c1")
        .doesNotContain("--cgroup-manager=disabled");
  }

  @Test
  void looksWriteNoLogThatGrows() {
    Bundle bundle = new Bundle(Path.of("/b/c1"));
    assertThat(CRUN.exec(bundle)).contains("--log", "/dev/null").doesNotContain("/b/c1/log");
    assertThat(CRUN.run(bundle, "")).contains("--log", "/b/c1/log");
  }

  @Test
  void aLookHasTheContainersVariablesAndItsOwn(@TempDir Path dir) throws Exception {
    Bundle bundle = new Bundle(dir);
    RuntimeConfig.write(spec(0), bundle, CRUN);
    JsonNode look =
        new ObjectMapper()
            .readTree(RuntimeConfig.beside(bundle, List.of("/bin/l"), Map.of("B", "1")));
    assertThat(look.get("env").toString()).isEqualTo("[\"A=b=c\",\"B=1\"]");
    assertThat(look.get("args").toString()).isEqualTo("[\"/bin/l\"]");
    assertThat(look.get("noNewPrivileges").asBoolean()).isTrue();
  }

  @Test
  void crunGoesBeforeRuncAndNeitherIsNone(@TempDir Path dir) throws Exception {
    assertThat(OciRuntime.find(List.of(dir))).isEmpty();
    Path runc = Files.writeString(dir.resolve("runc"), "");
    assertThat(OciRuntime.find(List.of(dir))).as("cannot be executed").isEmpty();
    assertThat(runc.toFile().setExecutable(true)).isTrue();
    assertThat(OciRuntime.find(List.of(dir))).contains(new OciRuntime(runc, false));
    Path crun = Files.writeString(dir.resolve("crun"), "");
    assertThat(crun.toFile().setExecutable(true)).isTrue();
    assertThat(OciRuntime.find(List.of(dir))).contains(new OciRuntime(crun, true));
  }

  @Test
  void whyARuntimeFailedIsItsLastWord(@TempDir Path dir) throws Exception {
    Bundle bundle = new Bundle(dir);
    assertThat(OciRuntime.reason(bundle)).isEqualTo("its runtime said nothing");
    Files.writeString(bundle.log(), "first\nexecutable file `x` not found in $PATH\n");
    assertThat(OciRuntime.reason(bundle)).isEqualTo("executable file `x` not found in $PATH");
    Files.writeString(
        bundle.log(), "time=\"2026\" level=error msg=\"exec: \\\"x\\\": not found\"\n");
    assertThat(OciRuntime.reason(bundle)).isEqualTo("exec: \"x\": not found");
  }
}
