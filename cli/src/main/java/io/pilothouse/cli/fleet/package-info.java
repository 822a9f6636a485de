/**
 * Commands about plain-text files: the fleet directory, manifests and health scripts. Start at
 * {@link FleetCommands}.
 */
@NullMarked
package io.pilothouse.cli.fleet;

import org.jspecify.annotations.NullMarked;
