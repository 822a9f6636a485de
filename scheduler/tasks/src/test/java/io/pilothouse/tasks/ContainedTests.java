package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.Image;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.tasks.oci.BusyboxImage;
import io.pilothouse.tasks.oci.ContainerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A machine with an image, whose tasks run in containers. */
abstract class ContainedTests {
  @TempDir Path dir;
  Desk desk;
  Path shelf;
  Path data;

  @BeforeEach
  void start() throws Exception {
    shelf = BusyboxImage.in(dir.resolve("shelf"), "'Env':['FROM=image','PILOT_X=no']");
    data = Files.createDirectory(dir.resolve("data"));
    desk = new Desk(Files.createDirectory(dir.resolve("machine")));
    desk.containers =
        new ContainerSettings(
            () -> List.of(shelf), () -> List.of(data), ContainerSettings.PROGRAMS);
    desk.restartsAgent();
  }

  @AfterEach
  void stop() throws Exception {
    desk.close();
    desk.cgroups.retain(Set.of());
    assertThat(Files.readAllLines(Path.of("/proc/mounts")))
        .as("no mount of a container is the machine's")
        .noneMatch(each -> each.contains(dir.toString()));
  }

  static ContainerInfo.Builder mesos(String image) {
    return ContainerInfo.newBuilder()
        .setType(ContainerInfo.Type.MESOS)
        .setMesos(
            ContainerInfo.MesosInfo.newBuilder()
                .setImage(
                    Image.newBuilder()
                        .setType(Image.Type.DOCKER)
                        .setDocker(Image.Docker.newBuilder().setName(image))));
  }

  static TaskInfo.Builder task(String id, String line) {
    return Desk.task(id, line).setContainer(mesos(BusyboxImage.NAME));
  }

  Path bundles() {
    return desk.disk.resolve("tasks/bundles");
  }

  String waitsFor(String id, String file) throws Exception {
    desk.await(() -> exists(id, file));
    return Files.readString(desk.sandbox(id).resolve(file));
  }

  boolean exists(String id, String file) {
    try {
      return Files.exists(desk.sandbox(id).resolve(file));
    } catch (IOException e) {
      return false; // its sandbox is to come
    }
  }

  void nothingIsLeft() throws Exception {
    desk.await(
        () -> {
          try (Stream<Path> list = Files.list(bundles())) {
            return list.findAny().isEmpty();
          } catch (NoSuchFileException e) {
            return true; // it is made with the first one
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  static Resource.Builder memory(int megabytes) {
    return Resource.newBuilder()
        .setName("mem")
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(megabytes));
  }

  TaskStatus refused(String id) throws Exception {
    TaskStatus end = desk.until(id, TaskState.TASK_FAILED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(desk.states()).doesNotContain(id + " RUNNING");
    return end;
  }
}
