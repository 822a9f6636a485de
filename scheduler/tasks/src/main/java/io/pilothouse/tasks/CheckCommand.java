package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.Environment.Variable;
import io.pilothouse.tasks.check.CommandLook;
import io.pilothouse.tasks.check.Probe;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs commands beside a task to see how it is: as its user, in its directory and its groups, with
 * its variables; in its container, if it has one. What a check's command says of user and URIs is
 * left out, as in Mesos.
 */
record CheckCommand(Machine machine, TaskRecord record, Container processes) {
  Probe of(CommandInfo command) {
    CommandInfo own = record.info().getCommand();
    CommandInfo as =
        command.toBuilder().setUser(own.getUser()).clearUris().clearEnvironment().build();
    Path sandbox = record.sandbox();
    if (Containment.of(record.info()).isPresent()) {
      return new CommandLook(
          marks -> {
            Map<String, String> variables = new TreeMap<>();
            for (Variable each : command.getEnvironment().getVariablesList()) {
              TaskEnvironment.put(each, variables);
            }
            variables.putAll(marks);
            return processes.beside(
                new ContainedCommand.Look(machine, record.container(), as),
                sandbox,
                variables,
                marks);
          });
    }
    return new CommandLook(
        marks -> {
          Map<String, String> environment = TaskEnvironment.of(machine.environment(), record);
          for (Variable each : command.getEnvironment().getVariablesList()) {
            TaskEnvironment.put(each, environment);
          }
          environment.putAll(marks);
          TaskCommand line =
              TaskCommand.of(as, record.launch().getFramework().getUser())
                  .withGroups(record.meta(), record.info().getResourcesList());
          return processes.beside(
              MountedCommand.beside(line, Occupant.of(record)), sandbox, environment, marks);
        });
  }
}
