/**
 * Names of many machines in a few characters. Pure, and apart from the formats, because the Device
 * Manager checks a fleet's units by the same patterns as the command line.
 */
@NullMarked
package io.pilothouse.manifests.pattern;

import org.jspecify.annotations.NullMarked;
