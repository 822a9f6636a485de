/**
 * The scheduler: offers of the Healthy machines to frameworks that speak the Mesos v1 HTTP API.
 * docs/internals/offers.md says how its parts work together.
 */
@NullMarked
package io.pilothouse.scheduler;

import org.jspecify.annotations.NullMarked;
