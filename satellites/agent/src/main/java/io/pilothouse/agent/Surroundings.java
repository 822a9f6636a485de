package io.pilothouse.agent;

import io.pilothouse.processes.Cgroups;
import java.util.Map;
import java.util.TreeMap;

/**
 * What all processes of a machine share.
 *
 * @param environment of each of them
 * @param port the machine's
 * @param changed called when one of them is otherwise than before
 */
record Surroundings(
    Disk disk,
    Cgroups cgroups,
    Readiness readiness,
    Map<String, String> environment,
    int port,
    Runnable changed) {

  Surroundings {
    environment = new TreeMap<>(environment);
  }
}
