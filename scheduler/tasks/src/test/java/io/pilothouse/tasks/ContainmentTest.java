package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainmentTest {
  private static ContainerInfo read(String text) throws Exception {
    return TextFormat.parse(text, ContainerInfo.class);
  }

  private static final String DOCKER = "type: DOCKER docker { image: 'a' ";
  private static final String MESOS =
      "type: MESOS mesos { image { type: DOCKER docker { name: 'a' } } } ";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "D network: BRIDGE } | docker.network (BRIDGE)",
        "D port_mappings { host_port: 1 container_port: 2 } } | docker.port_mappings",
        "D privileged: true } | docker.privileged",
        "D force_pull_image: true } | docker.force_pull_image",
        "D parameters { key: 'cap-add' value: 'ALL' } } | docker.parameters (cap-add)",
        "D volume_driver: 'rexray' } | docker.volume_driver (rexray)",
        "M network_infos { name: 'cni' } | network_infos (cni)",
        "M linux_info { share_pid_namespace: true } | linux_info",
        "M rlimit_info { } | rlimit_info",
        "M tty_info { } | tty_info",
        "M hostname: 'a b' | hostname (a b)",
        "type: MESOS mesos { image { type: APPC appc { name: 'a' } } } | mesos.image.type (APPC)",
        "type: MESOS volumes { mode: RW container_path: '/x' host_path: 'y' } | volumes (/x)",
        "type: MESOS mesos { image { cached: false type: DOCKER docker { name: 'a' } } }"
            + " | mesos.image.cached (false)",
      })
  void whatIsNotServedIsRefusedByItsFieldAndWithARemedy(String text, String field)
      throws Exception {
    ContainerInfo container = read(text.replaceFirst("^D", DOCKER).replaceFirst("^M", MESOS));
    assertThat(Containment.objection(container, false).orElseThrow())
        .startsWith("ContainerInfo." + field + " is not served by this agent: ")
        .hasSizeGreaterThan(("ContainerInfo." + field + " is not served by this agent: ").length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "container_path: '../x' host_path: 'y' | its container_path has to be a path without '..'",
        "container_path: '/' host_path: 'y' | its container_path is what each container has",
        "container_path: '/proc/x' host_path: 'y' | its container_path is what each container has",
        "container_path: '/dev' host_path: 'y' | its container_path is what each container has",
        "container_path: '/mnt/mesos' host_path: 'y' | its container_path is what each container",
        "container_path: '.' host_path: 'y' | its container_path is what each container",
        "container_path: 'x' host_path: '../y' | its host_path has to be a path without '..'",
        "container_path: 'x' image { type: DOCKER docker { name: 'b' } } | volumes of images",
        "container_path: 'x' source { type: SECRET secret { type: VALUE } }"
            + " | source.type SECRET is not served",
        "container_path: 'x' source { type: SANDBOX_PATH sandbox_path { type: SELF path: '/a' } }"
            + " | source.sandbox_path.path has to be below the sandbox",
        "container_path: 'x' source { type: SANDBOX_PATH sandbox_path { type: PARENT path: 'a' } }"
            + " | source.sandbox_path of type PARENT is for tasks of a group",
        "container_path: 'x' source { type: HOST_PATH host_path { path: '/a' mount_propagation"
            + " { mode: BIDIRECTIONAL } } } | source.host_path.mount_propagation is not served",
      })
  void aVolumeThatCannotBeIsRefusedByItsPath(String volume, String words) throws Exception {
    ContainerInfo container = read(MESOS + "volumes { mode: RW " + volume + " }");
    assertThat(Containment.objection(container, false).orElseThrow())
        .startsWith("ContainerInfo.volumes (container_path '")
        .contains("'): " + words);
  }

  @Test
  void ofAGroupATaskMaySeeOneNameOfItsExecutors() throws Exception {
    String volume =
        "volumes { mode: RW container_path: 'x' source { type: SANDBOX_PATH sandbox_path"
            + " { type: PARENT path: '%s' } } }";
    assertThat(Containment.objection(read(MESOS + volume.formatted("shared")), true)).isEmpty();
    for (String each : new String[] {"a/b", "containers", "tasks"}) {
      assertThat(Containment.objection(read(MESOS + volume.formatted(each)), true).orElseThrow())
          .contains("has to be one name");
    }
  }

  @Test
  void whatAsksForNothingIsNoContainer() throws Exception {
    TaskInfo.Builder task = Desk.task("t", "x");
    assertThat(Containment.of(task.build())).isEmpty();
    task.setContainer(read("type: MESOS"));
    assertThat(Containment.objection(task.getContainer(), false)).isEmpty();
    assertThat(Containment.of(task.build())).isEmpty();
  }

  @Test
  void withoutAnImageVolumesAreBelowTheSandbox() throws Exception {
    String volumes = "type: MESOS volumes { mode: RO container_path: '%s' host_path: 'y' }";
    assertThat(Containment.objection(read(volumes.formatted("in/x")), false)).isEmpty();
    assertThat(Containment.of(read(volumes.formatted("in/x")))).isEmpty();
    assertThat(Containment.objection(read(volumes.formatted("../x")), false)).isPresent();
  }

  @ParameterizedTest
  @CsvSource({
    "x, a, evil, a/b",
    "x, a/b, y, a",
    "x, a, y, a",
    "x, a, a/b, c",
    "x/y, a, z, x",
    "a, a, z, b",
    "., a, z, b"
  })
  void withoutAnImageVolumesAreApart(String from, String to, String otherFrom, String otherTo)
      throws Exception {
    String each = "volumes { mode: RO container_path: '%s' host_path: '%s' } ";
    String both = each.formatted(to, from) + each.formatted(otherTo, otherFrom);
    assertThat(Containment.objection(read("type: MESOS " + both), false).orElseThrow())
        .contains("without an image, name directories that are apart");
    assertThat(Containment.objection(read(MESOS + both), false)).as("in a container").isEmpty();
    String apart = each.formatted("a", "x") + each.formatted("ab", "x") + each.formatted("c", "/a");
    assertThat(Containment.objection(read("type: MESOS " + apart), false)).isEmpty();
  }

  @Test
  void bothTypesNameAnImage() throws Exception {
    TaskInfo.Builder task = Desk.task("t", "x").setContainer(read(DOCKER + "network: HOST }"));
    assertThat(Containment.objection(task.getContainer(), false)).isEmpty();
    assertThat(Containment.of(task.build()).map(Containment::image)).isEqualTo(Optional.of("a"));
    task.setContainer(read(MESOS + "network_infos { } hostname: 'h1'"));
    assertThat(Containment.objection(task.getContainer(), false)).isEmpty();
    assertThat(Containment.of(task.build()).orElseThrow().hostname()).isEqualTo("h1");
  }
}
