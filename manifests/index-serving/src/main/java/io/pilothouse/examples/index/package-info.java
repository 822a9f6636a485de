/**
 * The search service that the example {@code index-serving} deploys: {@link
 * io.pilothouse.examples.index.IndexServer} holds one column of the index, {@link
 * io.pilothouse.examples.index.Aggregator} asks all columns and merges what they say, {@link
 * io.pilothouse.examples.index.Load} asks queries and counts the answers. It needs a JDK and
 * nothing of Pilothouse.
 */
@NullMarked
package io.pilothouse.examples.index;

import org.jspecify.annotations.NullMarked;
