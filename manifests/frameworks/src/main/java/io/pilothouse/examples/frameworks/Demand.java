package io.pilothouse.examples.frameworks;

import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether offers are wanted. A framework that has nothing to do says so (SUPPRESS), so that the
 * others are asked at once, and takes it back (REVIVE) when work comes, which makes the scheduler
 * forget what was declined meanwhile, too. For one thread at a time.
 */
public final class Demand {
  private static final Logger LOG = LoggerFactory.getLogger(Demand.class);

  private boolean told = true;

  /** A new subscription has offers, whatever was said before. */
  public void subscribed() {
    told = true;
  }

  /** Says so if it is another than was said last; is tried again with the next call. */
  public void is(boolean wanted, Framework framework) {
    if (wanted == told || !framework.isConnected()) {
      return;
    }
    try {
      if (wanted) {
        framework.revive();
      } else {
        framework.suppress();
      }
      told = wanted;
    } catch (FrameworkException e) {
      LOG.warn("could not {} offers, and will again: {}", verb(wanted), e.getMessage());
    }
  }

  private static String verb(boolean wanted) {
    return wanted ? "revive" : "suppress";
  }
}
