package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.Image;
import io.pilothouse.mesos.v1.NetworkInfo;
import io.pilothouse.mesos.v1.Parameter;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.mesos.v1.Volume.Source;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a task or an executor asks of its container, found possible. A ContainerInfo of type MESOS
 * that asks for nothing is none: its task is a command like others.
 *
 * @param image name of the image
 * @param docker whether it is of type DOCKER
 * @param hostname that its programs see; empty for the machine's
 */
record Containment(String image, boolean docker, String hostname, List<Volume> volumes) {
  /** What a task sees of its sandbox in a container, as in Mesos. */
  static final String SANDBOX = "/mnt/mesos/sandbox";

  /** What each container has of its own, and nothing can take the place of. */
  private static final List<String> TAKEN = List.of("/proc", "/sys", "/dev");

  /** In the sandbox of a group's executor: where its tasks' own are, and links to them. */
  private static final List<String> OF_GROUPS = List.of("containers", "tasks");

  private static final int LONGEST_HOSTNAME = 63;

  /** What a task asks for; empty for a command of the machine. Of one without an objection. */
  static Optional<Containment> of(TaskInfo task) {
    return of(task.getContainer());
  }

  /** The same of what is asked for. */
  static Optional<Containment> of(ContainerInfo container) {
    String image = image(container);
    return image.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Containment(
                image,
                container.getType() == ContainerInfo.Type.DOCKER,
                container.getHostname(),
                List.copyOf(container.getVolumesList())));
  }

  private static String image(ContainerInfo container) {
    return switch (container.getType()) {
      case DOCKER -> container.getDocker().getImage();
      case MESOS -> container.getMesos().getImage().getDocker().getName();
    };
  }

  /**
   * Why it cannot be; empty when it can.
   *
   * @param inGroup whether the task is one of a group, whose executor has a sandbox of its own
   */
  static Optional<String> objection(ContainerInfo container, boolean inGroup) {
    List<String> all = new ArrayList<>();
    if (container.getType() == ContainerInfo.Type.DOCKER) {
      docker(container.getDocker(), all);
    } else {
      mesos(container, all);
    }
    if (container.hasLinuxInfo()) {
      all.add(not("linux_info", "", "leave it out: each container has its own name spaces"));
    }
    if (container.hasRlimitInfo()) {
      all.add(not("rlimit_info", "", "leave it out, or set limits in the command (ulimit)"));
    }
    if (container.hasTtyInfo()) {
      all.add(not("tty_info", "", "leave it out: no terminal can be attached"));
    }
    for (NetworkInfo each : container.getNetworkInfosList()) {
      if (each.hasName() || each.getPortMappingsCount() > 0 || each.getIpAddressesCount() > 0) {
        all.add(
            not(
                "network_infos",
                each.getName(),
                "leave it out: containers have the machine's network"));
      }
    }
    if (!container.getHostname().matches("([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)?")
        || container.getHostname().length() > LONGEST_HOSTNAME) {
      all.add(not("hostname", container.getHostname(), "use at most 63 letters, digits, - and ."));
    }
    boolean contained = !image(container).isEmpty();
    for (Volume each : container.getVolumesList()) {
      if (!contained && each.getContainerPath().startsWith("/")) {
        all.add(
            not(
                "volumes",
                each.getContainerPath(),
                "name an image, too, or a container_path below the sandbox: the machine's own files"
                    + " stay what they are"));
      }
      volume(each, inGroup).ifPresent(all::add);
    }
    if (all.isEmpty() && !contained) {
      overlapping(container.getVolumesList()).ifPresent(all::add);
    }
    return all.stream().findFirst();
  }

  private static String not(String field, String value, String remedy) {
    String is = value.isEmpty() ? "" : " (" + value.replaceAll("\\p{Cc}", "?") + ")";
    return "ContainerInfo.%s%s is not served by this agent: %s".formatted(field, is, remedy);
  }

  @SuppressWarnings("deprecation") // volume_driver
  private static void docker(ContainerInfo.DockerInfo docker, List<String> all) {
    if (docker.getNetwork() != ContainerInfo.DockerInfo.Network.HOST) {
      all.add(
          not(
              "docker.network",
              docker.getNetwork().name(),
              "use HOST, and the ports that the task was offered (PORT0 …)"));
    }
    if (docker.getPortMappingsCount() > 0) {
      all.add(
          not("docker.port_mappings", "", "leave them out and listen on the ports of the task"));
    }
    if (docker.getPrivileged()) {
      all.add(not("docker.privileged", "", "leave it out: no container has the machine's rights"));
    }
    for (Parameter each : docker.getParametersList()) {
      all.add(
          not(
              "docker.parameters",
              each.getKey(),
              "leave it out: there is no docker(1) to pass it to"));
    }
    if (docker.getForcePullImage()) {
      all.add(
          not(
              "docker.force_pull_image",
              "",
              "leave it out: images are archives on the machine, and are read anew when they"
                  + " change"));
    }
    if (docker.hasVolumeDriver()) {
      all.add(not("docker.volume_driver", docker.getVolumeDriver(), "leave it out"));
    }
    if (docker.getImage().isEmpty()) {
      all.add("ContainerInfo.docker.image is empty: name an image");
    }
  }

  @SuppressWarnings("deprecation") // credential
  private static void mesos(ContainerInfo container, List<String> all) {
    if (!container.getMesos().hasImage()) {
      return;
    }
    Image image = container.getMesos().getImage();
    if (image.getType() != Image.Type.DOCKER) {
      all.add(not("mesos.image.type", image.getType().name(), "use DOCKER, which OCI images are"));
    } else if (image.getDocker().getName().isEmpty()) {
      all.add("ContainerInfo.mesos.image.docker.name is empty: name an image");
    }
    if (image.getDocker().hasCredential() || image.getDocker().hasConfig()) {
      all.add(
          not(
              "mesos.image.docker.credential",
              "",
              "leave it out: nothing is pulled from registries"));
    }
    if (!image.getCached()) {
      all.add(
          not(
              "mesos.image.cached",
              "false",
              "leave it out: images are archives on the machine, and are read anew when they"
                  + " change"));
    }
  }

  private static Optional<String> volume(Volume volume, boolean inGroup) {
    String at = volume.getContainerPath();
    String found = "";
    if (isWrong(at)) {
      found = "its container_path has to be a path without '..'";
    } else if (isTaken(at)) {
      found = "its container_path is what each container has of its own";
    } else if (volume.hasImage()) {
      found = "volumes of images are not served: have the task's image hold it";
    } else if (volume.hasSource()) {
      found = source(volume.getSource(), inGroup);
    } else if (isWrong(volume.getHostPath())) {
      found = "its host_path has to be a path without '..'";
    }
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of("ContainerInfo.volumes (container_path '%s'): %s".formatted(at, found));
  }

  /**
   * Without an image, where volumes are would depend on what others hold. Each is in no other then,
   * and none in what one of them is made of.
   */
  private static Optional<String> overlapping(List<Volume> volumes) {
    List<Path> others = new ArrayList<>();
    for (Volume each : volumes) {
      boolean source = each.hasSource();
      String from = source ? each.getSource().getSandboxPath().getPath() : each.getHostPath();
      boolean own =
          !source
              || (each.getSource().getType() == Source.Type.SANDBOX_PATH
                  && each.getSource().getSandboxPath().getType() == Source.SandboxPath.Type.SELF);
      if (own && !from.startsWith("/")) {
        others.add(inSandbox(from));
      }
    }
    for (Volume each : volumes) {
      Path at = inSandbox(each.getContainerPath());
      for (Path other : others) {
        if (at.startsWith(other) || other.startsWith(at)) {
          return Optional.of(
              ("ContainerInfo.volumes (container_path '%s'): it is '%s' of the sandbox, above or"
                      + " below it, which is another volume's or what one is made of: without an"
                      + " image, name directories that are apart")
                  .formatted(each.getContainerPath(), Path.of("/").relativize(other)));
        }
      }
      others.add(at);
    }
    return Optional.empty();
  }

  private static Path inSandbox(String path) {
    return Path.of("/").resolve(path).normalize();
  }

  private static boolean isTaken(String path) {
    Path at = Path.of(SANDBOX).resolve(path).normalize();
    return TAKEN.stream().anyMatch(at::startsWith) || Path.of(SANDBOX).startsWith(at);
  }

  private static boolean isWrong(String path) {
    try {
      return path.isEmpty() || path.indexOf('\0') >= 0 || isUp(Path.of(path));
    } catch (InvalidPathException e) {
      return true;
    }
  }

  private static boolean isUp(Path path) {
    for (Path each : path) {
      if (each.toString().equals("..")) {
        return true;
      }
    }
    return false;
  }

  private static String source(Source source, boolean inGroup) {
    return switch (source.getType()) {
      case HOST_PATH -> {
        if (source.getHostPath().hasMountPropagation()) {
          yield "source.host_path.mount_propagation is not served: leave it out";
        }
        yield isWrong(source.getHostPath().getPath())
            ? "source.host_path.path has to be a path without '..'"
            : "";
      }
      case SANDBOX_PATH -> {
        boolean parent = source.getSandboxPath().getType() == Source.SandboxPath.Type.PARENT;
        String path = source.getSandboxPath().getPath();
        if (isWrong(path) || path.startsWith("/")) {
          yield "source.sandbox_path.path has to be below the sandbox";
        }
        if (parent && !inGroup) {
          yield "source.sandbox_path of type PARENT is for tasks of a group: use SELF";
        }
        // what is deeper could be led elsewhere by another task of the group
        Path name = Path.of(path).normalize();
        boolean one =
            name.getNameCount() == 1
                && !name.toString().isEmpty()
                && !OF_GROUPS.contains(name.toString());
        yield parent && !one
            ? "source.sandbox_path of type PARENT has to be one name, and neither of %s"
                .formatted(OF_GROUPS)
            : "";
      }
      case DOCKER_VOLUME, SECRET, CSI_VOLUME, UNKNOWN ->
          "source.type %s is not served: use SANDBOX_PATH, HOST_PATH, or a persistent volume"
              .formatted(source.getType());
    };
  }
}
