/**
 * The classes of Mesos' own names that old frameworks load, without the native library behind them:
 * first on the class path they take the place of those of {@code org.apache.mesos:mesos}. Whatever
 * else frameworks use of that package, its interfaces and generated messages, they bring
 * themselves, of any version from 0.21.1 to 1.11.0, with Protocol Buffers shaded or not.
 */
@NullMarked
package org.apache.mesos;

import org.jspecify.annotations.NullMarked;
