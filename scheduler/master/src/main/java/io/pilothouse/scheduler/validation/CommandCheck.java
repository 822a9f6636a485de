package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.Environment;
import io.pilothouse.mesos.v1.Secret;
import io.pilothouse.mesos.v1.Volume;
import java.util.Optional;

/** What is to run, and in which container. */
final class CommandCheck {
  private CommandCheck() {}

  /** Nothing that a process is given can hold a NUL: the kernel would end it there. */
  private static final String NUL = " contains a NUL character, which no process can be given";

  static Optional<String> command(CommandInfo command) {
    if (hasNul(command.getValue())) {
      return Optional.of("'value'" + NUL);
    }
    if (command.getArgumentsList().stream().anyMatch(CommandCheck::hasNul)) {
      return Optional.of("One of 'arguments'" + NUL);
    }
    if (hasNul(command.getUser())) {
      return Optional.of("'user'" + NUL);
    }
    for (Environment.Variable each : command.getEnvironment().getVariablesList()) {
      Optional<String> objection = variable(each);
      if (objection.isPresent()) {
        return objection;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> variable(Environment.Variable variable) {
    if (hasNul(variable.getName()) || variable.getName().contains("=")) {
      return Optional.of(
          "Environment variable '%s' has a name with '=' or a NUL character: no process can be"
                  .formatted(variable.getName().replace('\0', '?'))
              + " given it");
    }
    String name = "Environment variable '" + variable.getName() + "'";
    return switch (variable.getType()) {
      case SECRET -> {
        if (!variable.hasSecret()) {
          yield Optional.of(name + " of type 'SECRET' must have a secret set");
        }
        if (variable.hasValue()) {
          yield Optional.of(name + " of type 'SECRET' must not have a value set");
        }
        Optional<String> secret = secret(variable.getSecret());
        if (secret.isPresent()) {
          yield Optional.of(name + " specifies an invalid secret: " + secret.get());
        }
        yield when(
            hasZero(variable.getSecret().getValue().getData()),
            name
                + " specifies a secret containing null bytes, which is not allowed in the"
                + " environment");
      }
      case VALUE -> {
        if (!variable.hasValue()) {
          yield Optional.of(name + " of type 'VALUE' must have a value set");
        }
        if (variable.hasSecret()) {
          yield Optional.of(name + " of type 'VALUE' must not have a secret set");
        }
        yield when(hasNul(variable.getValue()), name + NUL);
      }
      case UNKNOWN -> Optional.of("Environment variable of type 'UNKNOWN' is not allowed");
    };
  }

  private static Optional<String> secret(Secret secret) {
    return switch (secret.getType()) {
      case REFERENCE -> {
        if (!secret.hasReference()) {
          yield Optional.of("Secret of type REFERENCE must have the 'reference' field set");
        }
        yield when(
            secret.hasValue(),
            () ->
                "Secret '%s' of type REFERENCE must not have the 'value' field set"
                    .formatted(secret.getReference().getName()));
      }
      case VALUE -> {
        if (!secret.hasValue()) {
          yield Optional.of("Secret of type VALUE must have the 'value' field set");
        }
        yield when(
            secret.hasReference(), "Secret of type VALUE must not have the 'reference' field set");
      }
      case UNKNOWN -> Optional.empty();
    };
  }

  static Optional<String> container(ContainerInfo container) {
    for (Volume each : container.getVolumesList()) {
      Optional<String> objection = volume(each);
      if (objection.isPresent()) {
        return Optional.of("Invalid volume: " + objection.get());
      }
    }
    if (container.getType() != ContainerInfo.Type.DOCKER) {
      return Optional.empty();
    }
    if (!container.hasDocker()) {
      return Optional.of("DockerInfo 'docker' is not set for DOCKER typed ContainerInfo");
    }
    return when(
        container.getDocker().getParametersList().stream()
            .anyMatch(each -> each.getKey().equals("name")),
        "Parameter in DockerInfo must not be 'name'");
  }

  private static Optional<String> volume(Volume volume) {
    int kinds =
        (volume.hasHostPath() ? 1 : 0) + (volume.hasImage() ? 1 : 0) + (volume.hasSource() ? 1 : 0);
    if (kinds != 1) {
      return Optional.of("Only one of them should be set: 'host_path', 'image' and 'source'");
    }
    Volume.Source source = volume.getSource();
    if (!volume.hasSource()) {
      return Optional.empty();
    }
    return switch (source.getType()) {
      case DOCKER_VOLUME ->
          when(
              !source.hasDockerVolume(),
              "'source.docker_volume' is not set for DOCKER_VOLUME volume");
      case HOST_PATH ->
          when(!source.hasHostPath(), "'source.host_path' is not set for HOST_PATH volume");
      case SANDBOX_PATH ->
          when(
              !source.hasSandboxPath(), "'source.sandbox_path' is not set for SANDBOX_PATH volume");
      case SECRET -> when(!source.hasSecret(), "'source.secret' is not set for SECRET volume");
      case CSI_VOLUME ->
          when(!source.hasCsiVolume(), "'source.csi_volume' is not set for CSI volume");
      case UNKNOWN -> Optional.of("'source.type' is unknown");
    };
  }

  /**
   * As root where there is no such thing: the user of the command, else of its framework; with
   * neither it runs as its agent does, which may be root.
   */
  static Optional<String> root(CommandInfo command, Site site) {
    String user = command.getUser().isEmpty() ? site.user() : command.getUser();
    boolean root = user.equals("root") || user.chars().allMatch(each -> each == '0');
    return when(
        root && !site.mayUseRoot(),
        user.isEmpty()
            ? "Neither the task nor its framework names a user, so that it may run as root, which"
                + " is not allowed without --root_submissions set"
            : "User '" + user + "' is not allowed to run tasks without --root_submissions set");
  }

  private static boolean hasNul(String text) {
    return text.indexOf(0) >= 0;
  }

  private static boolean hasZero(ByteString data) {
    for (int i = 0; i < data.size(); i++) {
      if (data.byteAt(i) == 0) {
        return true;
      }
    }
    return false;
  }
}
