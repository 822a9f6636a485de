/**
 * The client's end of a scheduler's stream, without messages: calls and events are bytes. {@link
 * io.pilothouse.mesos.stream.Schedulers} finds the one that leads and subscribes, {@link
 * io.pilothouse.mesos.stream.SchedulerHttp} sends calls. What is done with events, and when to
 * subscribe again, is its users': the SDK (api/framework) and the driver for old frameworks
 * (api/mesos-driver).
 *
 * <p>Nothing but the JDK (17) is used here: the driver runs beside whatever Protocol Buffers and
 * loggers an old framework brings.
 */
@NullMarked
package io.pilothouse.mesos.stream;

import org.jspecify.annotations.NullMarked;
