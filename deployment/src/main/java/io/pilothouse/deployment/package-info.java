/**
 * The Deployment Service: weakly consistent replicas of manifest contents (Isard 2007, section 3).
 * Each pulls the list of contents from the Device Manager, fills itself from the others, and says
 * what it holds in full. Start at {@link io.pilothouse.deployment.Main}.
 */
@NullMarked
package io.pilothouse.deployment;

import org.jspecify.annotations.NullMarked;
