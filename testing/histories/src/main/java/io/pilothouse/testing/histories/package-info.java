/**
 * What clients saw, and whether it can have been so: linearizability of each machine's hold, and
 * the trail that each acknowledged write must have left once. Used by the tests of real replicas
 * under faults and by the simulation of a replicated Device Manager.
 */
@NullMarked
package io.pilothouse.testing.histories;

import org.jspecify.annotations.NullMarked;
