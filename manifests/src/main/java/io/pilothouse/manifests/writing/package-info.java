/**
 * The plain-text formats the other way: a fleet as files. Start here: {@link
 * io.pilothouse.manifests.writing.FleetText} makes the files of a fleet directory, which {@link
 * io.pilothouse.manifests.FleetDirectory} reads as the same fleet. A class for each kind says its
 * fields in the order of the kind's table.
 */
@NullMarked
package io.pilothouse.manifests.writing;

import org.jspecify.annotations.NullMarked;
