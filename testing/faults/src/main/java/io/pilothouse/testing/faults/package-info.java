/**
 * Replicas of the Device Manager as processes, under kills, stops, cuts and loss, and the proof
 * that what their clients saw is what one machine would have done.
 */
@NullMarked
package io.pilothouse.testing.faults;

import org.jspecify.annotations.NullMarked;
