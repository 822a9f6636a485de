package io.pilothouse.examples.batch;

import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.Image;
import io.pilothouse.mesos.v1.TaskInfo;

/**
 * What tasks run on.
 *
 * @param revocable processors that others have and do not use, and may want back; else its own
 * @param image of a container for each task; empty for the machine's own files
 */
public record Terms(boolean revocable, String image) {
  static final Terms USUAL = new Terms(false, "");

  /** The same task, on these terms. */
  TaskInfo of(TaskInfo task) {
    TaskInfo own = revocable ? Tasks.onRevocable(task) : task;
    if (image.isEmpty()) {
      return own;
    }
    ContainerInfo.Builder container = ContainerInfo.newBuilder().setType(ContainerInfo.Type.MESOS);
    container
        .getMesosBuilder()
        .getImageBuilder()
        .setType(Image.Type.DOCKER)
        .setDocker(Image.Docker.newBuilder().setName(image));
    return own.toBuilder().setContainer(container).build();
  }
}
