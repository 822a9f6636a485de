/**
 * A scheduler for the tests of frameworks: {@link io.pilothouse.framework.testing.FakeMaster}, in
 * the same process, which says what a test tells it to say. It decides nothing: who is offered
 * what, and whether a task may run, is the real one's to know.
 */
@NullMarked
package io.pilothouse.framework.testing;

import org.jspecify.annotations.NullMarked;
