package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import org.jspecify.annotations.Nullable;

/** Hears of each change of a state, on the thread that changes it. */
@FunctionalInterface
public interface StateListener {

  /**
   * An entity was set or removed; the state has the new value already.
   *
   * @param before null when there was none
   */
  void changed(Table table, String key, @Nullable Message before);
}
