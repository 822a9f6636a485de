package io.pilothouse.driver;

import java.io.IOException;
import java.net.URI;

/** Events of the scheduler: numbers of mesos/v1/scheduler.proto, and which callback they are. */
final class Events {
  static final int SUBSCRIBED = 1;
  static final int UPDATE = 4;
  static final int ERROR = 7;
  static final int HEARTBEAT = 8;
  private static final int OFFERS = 2;
  private static final int RESCIND = 3;
  private static final int MESSAGE = 5;
  private static final int FAILURE = 6;

  private Events() {}

  /** Those that are nothing but told; inverse offers and the like the old interface has not. */
  static void tell(int type, Fields event, Callbacks<Listener> callbacks)
      throws IOException, InterruptedException {
    switch (type) {
      case OFFERS -> {
        Fields offers = Fields.of(event.bytes(3));
        callbacks.now("resourceOffers", to -> to.offers(offers.all(1)));
      }
      case RESCIND -> {
        Fields rescind = Fields.of(event.bytes(4));
        callbacks.now("offerRescinded", to -> to.rescinded(rescind.bytes(1)));
      }
      case MESSAGE -> {
        Fields said = Fields.of(event.bytes(6));
        callbacks.now(
            "frameworkMessage", to -> to.message(said.bytes(2), said.bytes(1), said.bytes(3)));
      }
      case FAILURE -> failure(Fields.of(event.bytes(7)), callbacks);
      default -> {}
    }
  }

  private static void failure(Fields failure, Callbacks<Listener> callbacks)
      throws InterruptedException {
    byte[] agent = failure.bytes(1);
    if (failure.has(2)) {
      int status = (int) failure.number(3);
      callbacks.now("executorLost", to -> to.executorLost(failure.bytes(2), agent, status));
    } else {
      callbacks.now("slaveLost", to -> to.agentLost(agent));
    }
  }

  /** MasterInfo of SUBSCRIBED; if it has none, as much of one as an old framework must have. */
  static byte[] master(Fields subscribed, URI at) {
    return subscribed.has(3)
        ? subscribed.bytes(3)
        : new Message()
            .text(1, at.getAuthority())
            .number(2, 0)
            .number(3, at.getPort())
            .text(5, at.getHost())
            .toBytes();
  }
}
