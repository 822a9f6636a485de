/**
 * A framework as users of mesos-rxjava wrote them: the library of 2016, unchanged, against its own
 * versions of Protocol Buffers and Netty. {@code testing/offers} runs it; start at {@link
 * io.pilothouse.testing.rxjava.Main}.
 */
@NullMarked
package io.pilothouse.testing.rxjava;

import org.jspecify.annotations.NullMarked;
