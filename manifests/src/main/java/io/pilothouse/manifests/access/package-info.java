/**
 * Principals and their roles: what both the files' parser and the Device Manager must know of them.
 * Start at {@link io.pilothouse.manifests.access.AccessCheck}.
 */
@NullMarked
package io.pilothouse.manifests.access;

import org.jspecify.annotations.NullMarked;
