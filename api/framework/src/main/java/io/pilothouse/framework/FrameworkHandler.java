package io.pilothouse.framework;

import io.pilothouse.mesos.v1.InverseOffer;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.List;

/**
 * What a framework is told: one thing after the other, in the order in which the scheduler said it,
 * on one thread. While a method is busy nothing is read, and nothing is kept beyond what the
 * network holds: one that takes minutes makes the scheduler end the stream, as its own buffer is
 * bounded.
 *
 * <p>Every method may call the framework. An exception is logged, and the next event is delivered;
 * of an update it means that the update is not acknowledged, and therefore comes again.
 */
public interface FrameworkHandler {

  /** Offers to answer; one that is not answered is taken back after a while. */
  void offers(Framework framework, List<Offer> offers) throws Exception;

  /**
   * A task's state, at least once: the same may come again, and it does until it is acknowledged,
   * which is done when this returns (unless {@link FrameworkOptions#acknowledgingByHand}).
   */
  void update(Framework framework, TaskStatus status) throws Exception;

  /**
   * Connected, for the first time or again. Offers from before are void, and roles that were
   * suppressed are not any more. Updates may have been missed, and a launch may never have arrived:
   * all that this {@link Framework} launched is asked for by name, until each task has an update.
   * Of tasks that another run launched {@link Framework#reconcile} asks.
   */
  default void subscribed(Framework framework, Event.Subscribed subscribed) throws Exception {}

  /** An offer that can no longer be answered. */
  default void rescinded(Framework framework, OfferID offer) throws Exception {}

  /** Machines that are about to be taken; the tasks there will be killed. */
  default void inverseOffers(Framework framework, List<InverseOffer> offers) throws Exception {}

  /** The machine is not taken after all. */
  default void inverseOfferRescinded(Framework framework, OfferID offer) throws Exception {}

  /** An executor says something. It may be lost on its way. */
  default void message(Framework framework, Event.Message message) throws Exception {}

  /** An executor or a machine is gone; its tasks have updates of their own. */
  default void failure(Framework framework, Event.Failure failure) throws Exception {}

  /**
   * What became of an operation that was given an id; that it is done comes again until it is
   * acknowledged, as updates do.
   */
  default void operation(Framework framework, OperationStatus status) throws Exception {}

  /** The stream is gone, and is sought again; until {@link #subscribed} all calls throw. */
  default void disconnected(Framework framework, String why) throws Exception {}

  /**
   * The last of all calls, if the framework ends other than by its own will: an ERROR event ({@link
   * EndedException} with its text), or a subscription that cannot succeed ({@link
   * RefusedException}). {@link Framework#join} throws it, too.
   */
  default void error(Framework framework, FrameworkException why) throws Exception {}
}
