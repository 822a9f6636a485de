/**
 * What {@link org.apache.mesos.MesosSchedulerDriver} is made of. Start with {@link
 * io.pilothouse.driver.Driver}: a driver's states, its one thread for callbacks, its calls.
 * Messages are bytes here ({@link io.pilothouse.driver.Message} writes, {@link
 * io.pilothouse.driver.Fields} reads): those of the API before v1 and of v1 have the same numbers,
 * and what a framework brings of Mesos' generated classes, and of Protocol Buffers, is of any
 * version.
 */
@NullMarked
package io.pilothouse.driver;

import org.jspecify.annotations.NullMarked;
