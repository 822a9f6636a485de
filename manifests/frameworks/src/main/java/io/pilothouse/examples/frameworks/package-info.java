/**
 * What the three example frameworks share: how they are told where to go ({@link
 * io.pilothouse.examples.frameworks.Site}) and what an offer has room for ({@link
 * io.pilothouse.examples.frameworks.Room}). Start with {@code batch}, then {@code mpi}, then {@code
 * farm}; docs/start/frameworks.md goes through them.
 */
@NullMarked
package io.pilothouse.examples.frameworks;

import org.jspecify.annotations.NullMarked;
