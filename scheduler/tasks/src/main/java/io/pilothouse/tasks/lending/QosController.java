package io.pilothouse.tasks.lending;

import java.util.List;

/**
 * Who has to give back what he was lent (Mesos: the module of the same name). Used by one thread;
 * looks come about once a second, and may be late.
 */
public interface QosController {
  /**
   * Takes one more look into account.
   *
   * @return who is to end, of those that have something lent
   */
  List<Correction> corrections(Usage usage);

  /**
   * Somebody is to end.
   *
   * @param container as in {@link Usage.Load}
   * @param why for its framework, without a full stop
   */
  record Correction(String container, String why) {}
}
