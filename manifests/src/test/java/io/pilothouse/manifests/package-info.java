/** Tests of the plain-text formats. Start at {@link io.pilothouse.manifests.FleetDirectoryTest}. */
@NullMarked
package io.pilothouse.manifests;

import org.jspecify.annotations.NullMarked;
