package io.pilothouse.scheduler.validation;

import io.pilothouse.mesos.v1.ExecutorInfo;
import java.util.Optional;

/** Where a task is to run, and what its framework has there already. */
public interface Site {
  String framework();

  String agent();

  /** The role of the offer. */
  String role();

  /** As which its framework says that tasks run; may be empty. */
  String user();

  /** Tasks may run as root. */
  boolean mayUseRoot();

  /** The framework has a task of this id, anywhere. */
  boolean has(String task);

  /** It had one on a machine that does not answer now. */
  boolean isUnreachable(String task);

  /** Its executor on this machine. */
  Optional<ExecutorInfo> executor(String id);
}
