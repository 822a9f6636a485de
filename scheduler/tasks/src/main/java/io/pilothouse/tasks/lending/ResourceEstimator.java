package io.pilothouse.tasks.lending;

import io.pilothouse.mesos.v1.Resource;
import java.util.List;

/**
 * How much of what a machine's tasks have could be lent (Mesos: the module of the same name). Used
 * by one thread; looks come about once a second, and may be late.
 */
public interface ResourceEstimator {
  /**
   * Takes one more look into account.
   *
   * @return what can be lent, in all and whatever of it is lent already: amounts, revocable, of
   *     role "*". What nobody has is none of it, since that is offered anyway. (Mesos' modules say
   *     what can be lent beyond what is.)
   */
  List<Resource> lendable(Usage usage);
}
