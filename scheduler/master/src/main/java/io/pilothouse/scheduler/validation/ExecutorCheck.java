package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.LinuxInfo;
import java.util.List;
import java.util.Optional;

/** An executor that a framework brings, or the built-in one of a task group. */
final class ExecutorCheck {
  private ExecutorCheck() {}

  static Optional<String> objection(ExecutorInfo executor, Site site) {
    return Objections.first(
        List.of(
            () -> type(executor),
            () -> Ids.objection(executor.getExecutorId().getValue()),
            () ->
                when(
                    executor.getShutdownGracePeriod().getNanoseconds() < 0,
                    "ExecutorInfo's 'shutdown_grace_period' must be non-negative"),
            () ->
                CommandCheck.command(executor.getCommand())
                    .map(objection -> "Executor's `CommandInfo` is invalid: " + objection),
            () -> CommandCheck.root(executor.getCommand(), site),
            () ->
                CommandCheck.container(executor.getContainer())
                    .filter(objection -> executor.hasContainer())
                    .map(objection -> "Executor's `ContainerInfo` is invalid: " + objection),
            () -> framework(executor, site),
            () -> resources(executor, site),
            () -> compatible(executor, site)));
  }

  /** Only tasks of a group may say that they do not share one. */
  static Optional<String> sharesCgroups(ExecutorInfo executor, String on) {
    LinuxInfo linux = executor.getContainer().getLinuxInfo();
    return when(
        linux.hasShareCgroups() && linux.getShareCgroups(),
        "The 'share_cgroups' field cannot be set to 'true' on " + on);
  }

  private static Optional<String> type(ExecutorInfo executor) {
    return switch (executor.getType()) {
      case UNKNOWN -> Optional.empty();
      case CUSTOM ->
          when(!executor.hasCommand(), "'ExecutorInfo.command' must be set for 'CUSTOM' executor");
      case DEFAULT -> {
        if (executor.hasCommand()) {
          yield Optional.of("'ExecutorInfo.command' must not be set for 'DEFAULT' executor");
        }
        ContainerInfo container = executor.getContainer();
        if (executor.hasContainer() && container.getType() != ContainerInfo.Type.MESOS) {
          yield Optional.of("'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor");
        }
        yield when(
            container.getMesos().hasImage(),
            "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor");
      }
    };
  }

  private static Optional<String> framework(ExecutorInfo executor, Site site) {
    String actual = executor.getFrameworkId().getValue();
    return when(
        executor.hasFrameworkId() && !actual.equals(site.framework()),
        () ->
            "ExecutorInfo has an invalid FrameworkID (Actual: %s vs Expected: %s)"
                .formatted(actual, site.framework()));
  }

  private static Optional<String> resources(ExecutorInfo executor, Site site) {
    var resources = executor.getResourcesList();
    return Objections.first(
        List.of(
            () ->
                ResourceCheck.objection(resources)
                    .map(objection -> "Executor uses invalid resources: " + objection),
            () ->
                ResourceCheck.persistence(resources)
                    .map(objection -> "Executor uses duplicate persistence ID: " + objection),
            () ->
                ResourceCheck.allocatedRoles(resources, site.role())
                    .map(objection -> "Invalid executor resources: " + objection),
            () ->
                ResourceCheck.mixesRevocable(resources)
                    .map(
                        objection ->
                            "Executor mixes revocable and non-revocable resources: " + objection)));
  }

  private static Optional<String> compatible(ExecutorInfo executor, Site site) {
    String line = "-".repeat(60);
    return site.executor(executor.getExecutorId().getValue())
        .filter(existing -> !existing.equals(executor))
        .map(
            existing ->
                String.join(
                    "\n",
                    "ExecutorInfo is not compatible with existing ExecutorInfo with same"
                        + " ExecutorID.",
                    line,
                    "Existing ExecutorInfo:",
                    existing.toString(),
                    line,
                    "ExecutorInfo:",
                    executor.toString(),
                    line));
  }
}
