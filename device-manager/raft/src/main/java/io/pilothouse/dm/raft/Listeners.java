package io.pilothouse.dm.raft;

import io.pilothouse.dm.state.Applied;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells listeners one thing at a time, and leadership only when it changes. */
final class Listeners {

  private static final Logger log = LoggerFactory.getLogger(Listeners.class);

  private final List<CommitListener> listeners = new ArrayList<>();
  private boolean leading;

  /** A listener that comes while this replica leads hears of it at once. */
  synchronized void add(CommitListener listener) {
    listeners.add(listener);
    if (leading) {
      tell(listener, each -> each.leadershipChanged(true));
    }
  }

  synchronized void applied(long index, Applied applied) {
    listeners.forEach(listener -> tell(listener, each -> each.applied(index, applied)));
  }

  synchronized void stateReplaced(long index) {
    listeners.forEach(listener -> tell(listener, each -> each.stateReplaced(index)));
  }

  synchronized void leadershipChanged(boolean leader) {
    if (leading != leader) {
      leading = leader;
      listeners.forEach(listener -> tell(listener, each -> each.leadershipChanged(leader)));
    }
  }

  /** A listener's mistake must not stop the replica: the entry is applied already. */
  private static void tell(CommitListener listener, Consumer<CommitListener> news) {
    try {
      news.accept(listener);
    } catch (RuntimeException e) {
      log.error("The listener {} failed; its view of the state may lag", listener, e);
    }
  }
}
